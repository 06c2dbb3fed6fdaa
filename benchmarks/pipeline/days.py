"""Real trading days as shapes relative to the close before: what the resampled markets are made of."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from market_assets.core.market.adjust import adjust
from market_assets.core.market.grid import to_grid
from market_assets.core.market.panel import Floats, Panel
from market_assets.sources.files import FileOptions, ParquetSource
from market_assets.sources.indices import IndexOptions, IndexSource

DATA_VARIABLE = "MARKET_ASSETS_DATA"
EQUITIES = "us_equity_daily.parquet"
VOLUME_WINDOW = 60
LARGEST = 0.4
"""Larger moves of a day are cut to this share, up and down alike."""


PARTS = ("open", "close", "up", "down", "volume")


@dataclass(frozen=True)
class Days:
    """D days of N series, each (D, N).

    ``open`` and ``close`` are simple returns on the close before, ``up`` and ``down`` the wicks in the same unit,
    ``volume`` the volume over its mean of the ``VOLUME_WINDOW`` days before.
    """

    open: Floats
    close: Floats
    up: Floats
    down: Floats
    volume: Floats


def days_of(panel: Panel) -> Days:
    """Days on which every symbol has a bar, the close before and the volumes before; adjusted here."""
    grid = to_grid(adjust(panel))
    before = np.vstack([np.full((1, len(grid.symbols)), np.nan), grid.close[:-1]])
    total = np.cumsum(np.nan_to_num(grid.volume), axis=0)
    usual = np.full_like(total, np.nan)
    usual[VOLUME_WINDOW + 1 :] = (total[VOLUME_WINDOW:-1] - total[: -VOLUME_WINDOW - 1]) / VOLUME_WINDOW
    parts = {
        "open": np.clip(grid.open / before - 1.0, -LARGEST, LARGEST),
        "close": np.clip(grid.close / before - 1.0, -LARGEST, LARGEST),
        "up": np.maximum((grid.high - np.maximum(grid.open, grid.close)) / before, 0.0),
        "down": np.clip((np.minimum(grid.open, grid.close) - grid.low) / before, 0.0, LARGEST),
        "volume": grid.volume / np.where(usual > 0.0, usual, np.nan),
    }
    whole = np.all([np.isfinite(part).all(axis=1) for part in parts.values()], axis=0)
    return Days(**{name: part[whole] for name, part in parts.items()})


@lru_cache(maxsize=1)
def index_days() -> Days:
    """S&P 500 and NASDAQ Composite, 1999 to 2018, of the ``arch`` package."""
    source = IndexSource(IndexOptions())
    return days_of(Panel.from_frame(source.bars(("^GSPC", "^IXIC"))))


def equity_file() -> Path | None:
    """File of real equities in the folder that the environment names, None without one."""
    folder = os.environ.get(DATA_VARIABLE)
    path = Path(folder) / EQUITIES if folder else None
    return path if path is not None and path.is_file() else None


@lru_cache(maxsize=1)
def equity_days(path: Path) -> Days:
    """Every equity of the file that has a bar on each of its days."""
    source = ParquetSource(FileOptions(path=str(path)))
    panel = Panel.from_frame(source.bars([record.symbol for record in source.symbols()]))
    counts = np.diff(panel.offsets)
    full = [name for name, count in zip(panel.symbols, counts, strict=True) if count == counts.max()]
    return days_of(panel.select(full))
