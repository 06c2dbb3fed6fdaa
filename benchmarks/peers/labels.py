"""Triple barrier, uniqueness and sequential bootstrap against mlfinpy, vectorised numpy and vectorbt."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from benchmarks.peers import mlfinpy_labels, vectorbt_labels
from benchmarks.peers.barriers import Outcome, numpy_triple_barrier
from benchmarks.peers.mlfinpy_labels import MATCHING, closes
from benchmarks.peers.random_panel import random_panel
from benchmarks.peers.sequential import intervals
from benchmarks.peers.timing import Comparison, agree, interleaved, once
from market_assets.core.labels.sequential import sequential_draws
from market_assets.core.labels.spec import LabelSpec
from market_assets.core.labels.triple_barrier import Labels, triple_barrier
from market_assets.core.labels.uniqueness import average_uniqueness
from market_assets.core.labels.volatility import ewm_volatility, lagged_returns
from market_assets.core.market.panel import Floats, Panel

SIZES, QUICK_SIZES = ((46, 1260), (500, 2520)), ((4, 200),)
DRAWN, QUICK_DRAWN = (315, 630, 1260), (60, 120)
TIMED_SYMBOLS = 2  # mlfinpy is called once a symbol, so its time is proportional to the symbols; the rest is counted
ROUNDS = 7


class Measured(NamedTuple):
    """A comparison, and what was shown of the results before."""

    times: Comparison
    shown: str


def target(panel: Panel) -> Floats:
    """Volatility of every row as ``MATCHING`` measures it, a share of the price."""
    returns = lagged_returns(panel.offsets, panel.ts, panel.close, MATCHING.ewm_return)
    return ewm_volatility(panel.offsets, returns, MATCHING.ewm_span, MATCHING.ewm_span)


def ends(panel: Panel, labels: Labels, index: int) -> pd.Series:
    """End time of the defined labels of one symbol by decision time."""
    rows = panel.rows(index)
    defined = labels.defined[rows]
    return pd.Series(labels.end_ts[rows][defined], pd.DatetimeIndex(panel.ts[rows][defined]))


def array_barriers(panel: Panel) -> list[Measured]:
    """Every bar an event, 2 x ATR(20), holding 10, against numpy (equal) and vectorbt (another label)."""
    spec = LabelSpec()
    ours, theirs = triple_barrier(panel, spec), numpy_triple_barrier(panel, spec)
    for name in Outcome._fields:
        equal = np.array_equal(getattr(ours, name), getattr(theirs, name), equal_nan=name == "ret")
        agree(equal, f"triple barrier, {name}")
    simple = vectorbt_labels.calls(panel, spec.holding)
    taken = interleaved(
        {
            "ours": lambda: triple_barrier(panel, spec),
            "vectorised numpy": lambda: numpy_triple_barrier(panel, spec),
            **simple,
        },
        ROUNDS,
    )
    size = f"{len(panel.symbols)} symbols, {panel.n_rows} rows"
    found = []
    for name in ("vectorised numpy", *simple):
        demand, shown = (1.0, "another, simpler label") if name in simple else (3.0, "equal to the bit")
        found.append(Measured(Comparison("triple barrier", name, size, taken["ours"], taken[name], demand), shown))
    return found


def mlfinpy_barriers(panel: Panel) -> Measured | None:
    """The definition of mlfinpy, with the volatility handed to it; ours measures it anew every time."""
    if (labeling := mlfinpy_labels.module("labeling.labeling")) is None:
        return None
    volatility, ours = target(panel), triple_barrier(panel, MATCHING)
    prices, targets = [], []
    for index in range(TIMED_SYMBOLS):
        close = closes(panel, index)
        prices.append(close)
        targets.append(pd.Series(volatility[panel.rows(index)], close.index).dropna())

    def theirs() -> list[mlfinpy_labels.Touches]:
        pairs = zip(prices, targets, strict=True)
        return [mlfinpy_labels.touches(labeling, close, wanted, MATCHING) for close, wanted in pairs]

    apart = events = 0
    for index, found in enumerate(theirs()):
        rows = panel.rows(index)
        apart += mlfinpy_labels.labels_apart(ours, rows, panel.ts[rows], volatility[rows], found)
        events += found.at.size
    taken = interleaved({"ours": lambda: triple_barrier(panel, MATCHING), "theirs": theirs}, 3)
    count = len(panel.symbols)
    return Measured(
        Comparison(
            "triple barrier, closes only",
            f"mlfinpy ({TIMED_SYMBOLS} symbols, scaled)",
            f"{count} symbols, {panel.n_rows} rows",
            taken["ours"],
            taken["theirs"] * count / TIMED_SYMBOLS,
            1000.0,
        ),
        f"equal end times and returns of {events} events; {apart} labels differ by its logarithms",
    )


def mlfinpy_uniqueness(panel: Panel) -> Measured | None:
    """Average uniqueness of every label of a panel; labels of different symbols do not compete in either."""
    if (concurrent := mlfinpy_labels.module("sampling.concurrent")) is None:
        return None
    spec = LabelSpec()
    labels, (code, t0, t1, sessions) = triple_barrier(panel, spec), intervals(panel, spec)
    counted = np.ones(code.size, np.bool_)
    events = [(closes(panel, index), ends(panel, labels, index)) for index in range(TIMED_SYMBOLS)]

    def theirs() -> list[Floats]:
        return [mlfinpy_labels.uniqueness(concurrent, close, ended) for close, ended in events]

    ours = average_uniqueness(code, t0, t1, counted, sessions)
    for index, given in enumerate(theirs()):
        agree(np.allclose(ours[code == index], given, rtol=0.0, atol=1e-12), "average uniqueness")
    taken = interleaved(
        {"ours": lambda: average_uniqueness(code, t0, t1, counted, sessions), "theirs": theirs},
        3,
    )
    return Measured(
        Comparison(
            "average uniqueness",
            f"mlfinpy ({TIMED_SYMBOLS} symbols, scaled)",
            f"{code.size} labels",
            taken["ours"],
            taken["theirs"] * code.size / sum(ended.size for _, ended in events),
            100.0,
        ),
        "equal within 1e-12",
    )


def mlfinpy_bootstrap(days: int) -> Measured | None:
    """As many draws as labels of one symbol, really run on both sides: its time grows too fast to be scaled."""
    if (bootstrapping := mlfinpy_labels.module("sampling.bootstrapping")) is None:
        return None
    panel = random_panel(1, days)
    labels, own = triple_barrier(panel, LabelSpec()), intervals(panel, LabelSpec())
    close, ended = closes(panel, 0), ends(panel, labels, 0)
    uniforms = np.random.RandomState(0).random_sample(ended.size)
    mlfinpy_labels.draws(bootstrapping, close.iloc[:60], ended.iloc[:5], 0)  # compiles
    given: list[np.ndarray] = []
    theirs = once(lambda: given.append(mlfinpy_labels.draws(bootstrapping, close, ended, 0)))
    agree(np.array_equal(sequential_draws(*own, uniforms), given[0]), "draws of mlfinpy")
    ours = interleaved({"ours": lambda: sequential_draws(*own, uniforms)}, ROUNDS)["ours"]
    size = f"{ended.size} draws of {ended.size} labels"
    return Measured(Comparison("sequential bootstrap", "mlfinpy", size, ours, theirs, 100.0), "equal draws")


def own_bootstrap(panel: Panel) -> tuple[int, float]:
    """Labels of a whole panel, and median seconds of ours for as many draws."""
    own = intervals(panel, LabelSpec())
    uniforms = np.random.default_rng(0).random(own[0].size)
    return own[0].size, interleaved({"ours": lambda: sequential_draws(*own, uniforms)}, 3)["ours"]


def extrapolated(seconds: float, labels: int, wanted: int) -> float:
    """Seconds of mlfinpy's bootstrap for ``wanted`` labels, from a run of ``labels``.

    Every draw walks the whole indicator matrix, bars x labels, and both grow with the labels: n draws cost n^3.
    """
    return seconds * (wanted / labels) ** 3
