"""vectorbt 1.0.0: labels of closing prices alone, simpler than a triple barrier; ours must be no slower."""

from __future__ import annotations

import importlib
from collections.abc import Callable

import numpy as np
import pandas as pd

from benchmarks.peers.timing import agree
from market_assets.core.market.panel import Panel

THRESHOLD = 0.05


def calls(panel: Panel, holding: int) -> dict[str, Callable[[], object]]:
    """FIXLB, the return over ``holding`` bars, and TRENDLB, up or down between extremes 5 % apart; {} if not installed.

    Every symbol must have every session.
    """
    try:
        vectorbt = importlib.import_module("vectorbt")
    except ModuleNotFoundError:
        return {}
    by_symbol = panel.close.reshape(len(panel.symbols), -1)
    close = pd.DataFrame(by_symbol.T.copy(), columns=list(panel.symbols))
    given = vectorbt.FIXLB.run(close, holding).labels.to_numpy()
    wanted = (by_symbol[:, holding:] / by_symbol[:, :-holding] - 1.0).T
    agree(np.allclose(given[:-holding], wanted, rtol=0.0, atol=1e-12), "FIXLB is not the return it is taken for")
    return {
        "vectorbt FIXLB": lambda: vectorbt.FIXLB.run(close, holding),
        "vectorbt TRENDLB": lambda: vectorbt.TRENDLB.run(close, THRESHOLD, THRESHOLD),
    }
