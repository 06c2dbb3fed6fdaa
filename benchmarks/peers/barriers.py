"""Triple barrier against vectorised numpy, one pass a step of the holding period."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.peers.timing import Comparison, agree, best_of
from market_assets.core.labels.spec import LabelSpec
from market_assets.core.labels.triple_barrier import triple_barrier
from market_assets.core.market.adjust import adjust
from market_assets.core.market.panel import Panel
from market_assets.core.market.synthetic import SyntheticSpec, synthesize

Floats = NDArray[np.float64]


class Outcome(NamedTuple):
    """Label, return, barrier and deciding row of every row, as ``triple_barrier`` gives them."""

    label: NDArray[np.int8]
    ret: Floats
    barrier: NDArray[np.int8]
    end_row: NDArray[np.int64]


def numpy_atr(panel: Panel, window: int, age: NDArray[np.int64]) -> Floats:
    """Mean of the last ``window`` true ranges; NaN in the first ``window`` bars (``age`` < window) of a symbol."""
    before = np.roll(panel.close, 1)
    true_range = np.maximum(panel.high - panel.low, np.maximum(np.abs(panel.high - before), np.abs(panel.low - before)))
    total = np.zeros(len(true_range))
    for lag in range(window - 1, -1, -1):  # oldest first: the order of addition decides the last digit
        total += np.roll(true_range, lag)
    return np.where(age >= window, total / window, np.nan)


def numpy_triple_barrier(panel: Panel, spec: LabelSpec) -> Outcome:
    """The labels of a panel of traded symbols without missing prices, entered at the next open."""
    rows = np.arange(panel.n_rows)
    symbol = np.searchsorted(panel.offsets, rows, side="right") - 1
    final = panel.offsets[symbol + 1] - 1
    atr = numpy_atr(panel, spec.atr_window, rows - panel.offsets[symbol])
    entry = np.where(rows < final, panel.open[np.minimum(rows + 1, final)], np.nan)
    upper, lower = entry + spec.profit * atr, entry - spec.stop * atr
    waiting = np.isfinite(entry) & (atr > 0.0)
    ret, fill = np.full(panel.n_rows, np.nan), np.full(panel.n_rows, np.nan)
    barrier, end_row = np.zeros(panel.n_rows, np.int8), np.full(panel.n_rows, -1, np.int64)
    for step in range(1, spec.holding + 1):
        at = np.minimum(rows + step, final)
        here = waiting & (rows + step <= final)
        opened, high, low = panel.open[at], panel.high[at], panel.low[at]
        gap_up, gap_down = here & (opened >= upper), here & (opened <= lower)
        stopped = here & ~gap_up & ~gap_down & (low <= lower)
        gained = here & ~gap_up & ~gap_down & ~stopped & (high >= upper)
        late = here & ~(gap_up | gap_down | stopped | gained) if step == spec.holding else np.zeros_like(here)
        fill = np.where(gap_up | gap_down, opened, fill)
        fill = np.where(stopped, lower, np.where(gained, upper, np.where(late, panel.close[at], fill)))
        barrier[gap_up | gained], barrier[gap_down | stopped] = 1, -1
        done = gap_up | gap_down | stopped | gained | late
        end_row[done] = at[done]
        waiting &= ~done
    ret = fill / entry - 1.0
    label = np.where(np.abs(ret) >= spec.min_return, np.sign(ret), 0.0)
    return Outcome(np.nan_to_num(label).astype(np.int8), ret, barrier, end_row)


def compare(quick: bool) -> Comparison:
    """46 symbols x 5 years, 2 x ATR(20), holding 10."""
    market = SyntheticSpec(symbols=8, years=2.0) if quick else SyntheticSpec()
    panel, spec = adjust(synthesize(market).panel), LabelSpec()
    ours, theirs = triple_barrier(panel, spec), numpy_triple_barrier(panel, spec)
    for name in Outcome._fields:
        given, wanted = getattr(ours, name), getattr(theirs, name)
        agree(np.array_equal(given, wanted, equal_nan=name == "ret"), f"triple barrier, {name}")
    return Comparison(
        "triple barrier",
        "vectorised numpy",
        f"{market.symbols} symbols, {panel.n_rows} rows",
        best_of(lambda: triple_barrier(panel, spec), 5),
        best_of(lambda: numpy_triple_barrier(panel, spec), 5),
        demand=3.0,
    )
