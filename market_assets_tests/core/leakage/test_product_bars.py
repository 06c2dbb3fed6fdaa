"""The product's own stages over bars pass the timing proof: features, labels, universe, training rows, backtest."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from market_assets.core.execution.backtest import simulate
from market_assets.core.execution.portfolio import target_weights
from market_assets.core.execution.spec import CostSpec, PortfolioSpec
from market_assets.core.features.registry import FAMILIES
from market_assets.core.folds.training_set import assemble
from market_assets.core.labels.spec import LabelSpec, WeightSpec
from market_assets.core.labels.triple_barrier import triple_barrier
from market_assets.core.leakage.timed import Timed, at_close, at_open, close_of, open_of
from market_assets.core.leakage.timing import prove_timely
from market_assets.core.market.adjust import adjust
from market_assets.core.market.grid import PriceGrid, spread, to_grid
from market_assets.core.market.panel import VALUE_COLUMNS, Panel
from market_assets_tests.core.features.panels import market, stamps
from market_assets_tests.leaks import leaky

RAW = market(sessions=190, equities=4)
T, N = 190, len(RAW.symbols)
TIMES = stamps(T)
BARS = {
    name: at_open(spread(RAW, getattr(RAW, name)))
    if name in ("open", "split", "dividend")
    else at_close(spread(RAW, getattr(RAW, name)))
    for name in VALUE_COLUMNS
}
CUTS = (close_of(140), close_of(165))


def panel(bars) -> Panel:
    """The panel of the complete cells."""
    there = ~np.isnan(np.stack([bars[name] for name in VALUE_COLUMNS])).any(axis=0)
    ts = np.broadcast_to(TIMES[: there.shape[0], None], there.shape).T[there.T]
    return Panel(
        symbols=RAW.symbols,
        offsets=np.concatenate([[0], np.cumsum(there.sum(axis=0))]).astype(np.int64),
        ts=ts,
        known_at=ts,
        sectors=RAW.sectors,
        kinds=RAW.kinds,
        **{name: np.ascontiguousarray(bars[name].T[there.T]) for name in VALUE_COLUMNS},
    )


def on_grid(given: Panel, values, rows: int, fill=np.nan):
    """Row values (n,) on (rows, N)."""
    out = np.full((rows, N), fill, dtype=np.asarray(values).dtype)
    session = ((given.ts - TIMES[0]) // np.timedelta64(1, "D")).astype(np.int64)
    out[session, given.symbol_codes()] = values
    return out


def feature_stage(family):
    def compute(bars):
        given = adjust(panel(bars))
        values = np.ascontiguousarray(family.compute(given))
        grids = [on_grid(given, values[:, column], len(bars["close"])) for column in range(values.shape[1])]
        return {"features": at_close(np.stack(grids, axis=2))}

    return compute


@pytest.mark.parametrize("name", FAMILIES)
def test_feature_families_pass(name):
    """No value of any registered feature moves with later bars, and the same family with a look-ahead is caught."""
    assert prove_timely("causality", "features", feature_stage(FAMILIES[name]), BARS, CUTS, seed=1) == []


def test_planted_feature_is_caught():
    """The next close in a column of a registered family."""
    assert prove_timely("causality", "features", feature_stage(leaky()), BARS, CUTS[:1], seed=1)


def label_stage(extra):
    def compute(bars):
        given = adjust(panel(bars))
        labels = triple_barrier(given, LabelSpec(holding=5))
        rows = len(bars["close"])
        end = ((labels.end_ts - TIMES[0]) // np.timedelta64(1, "D")).astype(np.int64) - extra
        due = close_of(on_grid(given, end, rows, fill=rows + 9))
        return {"label": Timed(on_grid(given, labels.label, rows, fill=0), due),
                "ret": Timed(on_grid(given, labels.ret, rows), due)}  # fmt: skip

    return compute


def test_labels_pass_and_an_early_end_is_caught():
    """A label is settled at its stored end, and not a session before."""
    assert prove_timely("causality", "labels", label_stage(0), BARS, CUTS, seed=1) == []
    assert prove_timely("causality", "labels", label_stage(1), BARS, CUTS, seed=1)


def training_rows(bars):
    """Which cells are rows of the training set, and what it knows of them at their close."""
    given = adjust(panel(bars))
    labels = triple_barrier(given, LabelSpec(holding=5))
    blocks = {"volume": (("volume",), np.log(given.volume + 1.0)[:, None])}
    data = assemble(given, blocks, labels, WeightSpec(uniqueness=False), warmup=126)
    member = np.zeros((len(bars["close"]), N), dtype=bool)
    x = np.full(member.shape, np.nan, dtype=np.float32)
    session = ((data.ts - TIMES[0]) // np.timedelta64(1, "D")).astype(np.int64)
    column = np.array([RAW.symbols.index(name) for name in data.symbols])[data.code]
    member[session, column], x[session, column] = True, data.x[:, 0]
    return {"member": at_close(member), "x": at_close(x)}


def test_universe_and_training_rows_pass():
    """Who is traded and who is a row does not depend on who is there later."""

    def traded(bars):
        given = panel(bars)
        there = to_grid(given).traded
        sessions = ((given.sessions()[0] - TIMES[0]) // np.timedelta64(1, "D")).astype(np.int64)
        out = np.zeros((len(bars["close"]), N), dtype=bool)
        out[sessions] = there
        return {"traded": at_close(out)}

    assert prove_timely("universe", "members", traded, BARS, CUTS, seed=1) == []
    assert prove_timely("universe", "members", training_rows, BARS, CUTS, seed=1) == []

    def survivors(bars):
        member = training_rows(bars)["member"].values
        return {"member": at_close(member & member[-1])}

    assert prove_timely("universe", "members", survivors, BARS, CUTS, seed=1)


def backtest_stage(wait):
    """Momentum book of the product; ``wait`` 0 hands the decision of a close to the open before it."""

    def compute(bars):
        open_, close = bars["open"], bars["close"]
        score = np.full(close.shape, np.nan)
        score[1:] = close[1:] / close[:-1] - 1.0
        spec = PortfolioSpec(smoothing=3, cap=0.5)
        weights = target_weights(score, spec)
        grid = PriceGrid(TIMES[: len(close)], RAW.symbols, open_, bars["high"], bars["low"], close, bars["volume"],
                         ~np.isnan(open_))  # fmt: skip
        if not wait:
            weights = np.vstack([weights[1:], np.zeros((1, N))])
        book = simulate(grid, weights, CostSpec(), replace(spec, smoothing=1))
        return {"weights": at_close(target_weights(score, spec)), "net": at_open(book.net), "held": at_open(book.held)}

    return compute


def test_backtest_passes_and_a_trade_before_its_decision_is_caught():
    """Return and book at an open depend on closes before it and on opens up to it."""
    cuts = (open_of(60), close_of(60), open_of(120))
    assert prove_timely("execution", "trade", backtest_stage(1), BARS, cuts, seed=1) == []
    found = prove_timely("execution", "trade", backtest_stage(0), BARS, cuts, seed=1)
    assert any("held" in one.text for one in found)
