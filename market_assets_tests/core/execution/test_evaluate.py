"""From probabilities to returns: placement on the grid, spans, and no look ahead."""

from dataclasses import replace

import numpy as np
import pytest

from market_assets.core.errors import NotEnoughDataError
from market_assets.core.execution.backtest import simulate
from market_assets.core.execution.baselines import BASELINES
from market_assets.core.execution.evaluate import evaluate, score_grid
from market_assets.core.execution.portfolio import target_weights
from market_assets.core.execution.spec import CostSpec, PortfolioSpec
from market_assets.core.folds.out_of_fold import OutOfFold, combine
from market_assets.core.folds.plan import FoldPlan, make_plan
from market_assets.core.folds.spec import CombinatorialSpec, FoldSpec, WalkForwardSpec
from market_assets.core.folds.training_set import TrainingSet
from market_assets.core.market.adjust import adjust
from market_assets.core.market.grid import to_grid
from market_assets.core.market.panel import Panel
from market_assets_tests.core.folds.sets import intervals
from market_assets_tests.core.folds.test_out_of_fold import predict
from market_assets_tests.core.labels.panels import panel_of

WARMUP, SESSIONS, SYMBOLS = 5, 60, 4
SPEC = FoldSpec(
    walk_forward=WalkForwardSpec(folds=3, min_train=0.4),
    combinatorial=CombinatorialSpec(groups=4, test_groups=2),
    embargo=0.0,
)
PORTFOLIO = PortfolioSpec(smoothing=2, cap=0.5)
COSTS = CostSpec()


def world(seed: int = 0) -> tuple[Panel, TrainingSet, FoldPlan, dict[str, OutOfFold]]:
    """Four symbols that trade every session, rows after a warm-up, and random predictions of two families."""
    generator = np.random.default_rng(seed)
    bars = {}
    for number in range(SYMBOLS):
        close = 50 * np.exp(np.cumsum(generator.normal(0, 0.02, SESSIONS)))
        opened = close * np.exp(generator.normal(0, 0.005, SESSIONS))
        high, low = np.maximum(opened, close) * 1.01, np.minimum(opened, close) * 0.99
        bars[f"S{number}"] = np.column_stack([opened, high, low, close])
    panel = panel_of(bars)
    t0 = np.tile(np.arange(WARMUP, SESSIONS), SYMBOLS)
    code = np.repeat(np.arange(SYMBOLS), SESSIONS - WARMUP)
    data = intervals(t0, np.minimum(t0 + 1, SESSIONS - 1), code, sessions=SESSIONS)
    plan = make_plan(data, SPEC)
    parts = {name: combine(predict(plan, data, seed + k), plan, data) for k, name in enumerate(("first", "second"))}
    return panel, data, plan, parts


def test_scores_stand_where_their_rows_stand() -> None:
    """Each row's 2p - 1 at its session and symbol, NaN everywhere else, against a plain loop."""
    panel, data, _, _ = world()
    grid = to_grid(adjust(panel))
    probability = np.random.default_rng(1).random(data.n_rows)
    probability[::7] = np.nan
    found = score_grid(probability, data, grid)
    wanted = np.full((SESSIONS, SYMBOLS), np.nan)
    for row in range(data.n_rows):
        session = list(grid.sessions).index(data.ts[row])
        wanted[session, grid.symbols.index(data.symbols[data.code[row]])] = 2 * probability[row] - 1
    assert np.array_equal(found, wanted, equal_nan=True)
    assert np.isnan(found[:WARMUP]).all()


def test_spans_begin_one_session_after_the_first_prediction() -> None:
    """A prediction at a close is first traded at the next open: combinatorial span and each fold start follow that."""
    panel, data, plan, parts = world()
    returns, _ = evaluate(panel, data, plan, parts, PORTFOLIO, COSTS)
    sessions = panel.sessions()[0]
    assert returns.sessions[0] == sessions[WARMUP + 1]
    assert returns.sessions[-1] == sessions[-1]
    walk = [fold for fold in plan.folds if fold.kind == "walk_forward"]
    for start, fold in zip(returns.fold_starts, walk, strict=True):
        assert returns.sessions[start] == sessions[fold.test[0][0] + 1]
    assert np.isnan(returns.walk_forward[: returns.first]).all()
    assert not np.isnan(returns.walk_forward[returns.first :]).any()
    assert returns.paths.shape == (2, 3, len(returns.sessions))
    assert returns.candidates == ("first", "second")
    assert returns.baselines == BASELINES


def test_columns_are_those_of_the_simulated_books() -> None:
    """Net, gross, turnover, costs, rules and paths equal a book simulated by hand from the same predictions."""
    panel, data, plan, parts = world()
    returns, books = evaluate(panel, data, plan, parts, PORTFOLIO, COSTS)
    grid = to_grid(adjust(panel))
    offset = SESSIONS - len(returns.sessions)

    def by_hand(probability: np.ndarray):
        return simulate(grid, target_weights(score_grid(probability, data, grid), PORTFOLIO), COSTS, PORTFOLIO)

    for column, name in enumerate(returns.candidates):
        book = by_hand(parts[name].walk_forward)
        walked = slice(offset + returns.first, None)
        assert np.array_equal(returns.walk_forward[returns.first :, column], book.net[walked])
        assert np.array_equal(returns.gross[returns.first :, column], book.gross[walked])
        paid = returns.gross[returns.first :, column] - returns.walk_forward[returns.first :, column]
        assert returns.costs[returns.first :, column] == pytest.approx(paid, abs=1e-12)
        for path in range(3):
            assert np.array_equal(returns.paths[column, path], by_hand(parts[name].paths[path]).net[offset:])
        assert np.array_equal(books[name].net, book.net[offset + returns.first :])
    assert set(books) == {"first", "second", *BASELINES}


def test_a_change_of_tomorrow_leaves_yesterday_alone() -> None:
    """Predictions and prices after a session move no return booked before it: the planted look-ahead would."""
    panel, data, plan, parts = world()
    before, _ = evaluate(panel, data, plan, parts, PORTFOLIO, COSTS)
    cut = 45
    late = data.t0 >= cut
    other = {
        name: OutOfFold(
            np.where(late, 1 - part.walk_forward, part.walk_forward),
            part.walk_forward_raw,
            np.where(late, 1 - part.paths, part.paths),
        )
        for name, part in parts.items()
    }
    factor = np.where(panel.sessions()[1] > cut, 1.5, 1.0)
    moved = replace(panel, **{name: getattr(panel, name) * factor for name in ("open", "high", "low", "close")})
    after, _ = evaluate(moved, data, plan, other, PORTFOLIO, COSTS)
    known = before.sessions <= panel.sessions()[0][cut]
    assert known.sum() > 20
    assert np.array_equal(before.walk_forward[known], after.walk_forward[known], equal_nan=True)
    assert np.array_equal(before.paths[:, :, known], after.paths[:, :, known])
    assert not np.array_equal(before.walk_forward, after.walk_forward, equal_nan=True)


def test_symbols_without_rows_are_not_traded() -> None:
    """A level such as the VIX is in the panel but not in the training set: it is in no book and no baseline."""
    panel, data, plan, parts = world()
    names = (*panel.symbols, "S9")
    rows = panel.rows(0)
    extra = {
        name: np.concatenate([getattr(panel, name), getattr(panel, name)[rows]])
        for name in ("ts", "known_at", "open", "high", "low", "close", "volume", "split", "dividend")
    }
    wider = replace(
        panel,
        symbols=names,
        offsets=np.append(panel.offsets, panel.offsets[-1] + SESSIONS),
        sectors=("",) * 5,
        kinds=(*panel.kinds, "level"),
        **extra,
    )
    plain, _ = evaluate(panel, data, plan, parts, PORTFOLIO, COSTS)
    with_level, _ = evaluate(wider, data, plan, parts, PORTFOLIO, COSTS)
    assert plain.to_bytes() == with_level.to_bytes()


def test_nothing_predicted_is_a_gap() -> None:
    """No family, no prediction, or one at the last session only: an error, never an empty table."""
    panel, data, plan, _ = world()
    with pytest.raises(NotEnoughDataError, match="no out-of-fold prediction"):
        evaluate(panel, data, plan, {}, PORTFOLIO, COSTS)
    nothing = np.full(data.n_rows, np.nan)
    for probability in (nothing, np.where(data.t0 == SESSIONS - 1, 0.5, np.nan)):
        empty = OutOfFold(probability, probability, np.stack([probability] * 3))
        with pytest.raises(NotEnoughDataError, match="nothing can be traded"):
            evaluate(panel, data, plan, {"first": empty}, PORTFOLIO, COSTS)
