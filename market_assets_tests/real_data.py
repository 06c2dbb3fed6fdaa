"""Where the optional real data lie: folder MARKET_ASSETS_DATA, or a folder of that role beside the repository."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

DEFAULT = Path(__file__).resolve().parents[2] / "shared" / "data"

_NAMES = """
AAPL MSFT GOOGL NVDA FB JPM BAC GS V JNJ UNH PFE WMT HD MCD NKE XOM CVX COP SLB
ADBE INTC CMCSA C AXP BK ABT BMY LLY MDT AMZN SBUX TGT PG PEP COST CAT BA MMM DE AEP D PSA SPG SHW FCX
"""
REAL_46 = tuple(_NAMES.split())


def real_file(name: str) -> str:
    """Path of a real data file; skips the test, visibly, where it is absent."""
    path = Path(os.environ.get("MARKET_ASSETS_DATA", str(DEFAULT))) / name
    if not path.is_file():
        pytest.skip(f"real data file {name} is not here (set MARKET_ASSETS_DATA to its folder)")
    return str(path)
