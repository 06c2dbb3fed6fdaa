"""From out-of-fold probabilities to net returns: every family, every path, and the baselines, on one grid."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from market_assets.core.errors import NotEnoughDataError
from market_assets.core.execution.backtest import Backtest, simulate
from market_assets.core.execution.baselines import baselines
from market_assets.core.execution.portfolio import target_weights
from market_assets.core.execution.returns import Returns
from market_assets.core.execution.spec import CostSpec, PortfolioSpec
from market_assets.core.folds.out_of_fold import OutOfFold
from market_assets.core.folds.plan import FoldPlan
from market_assets.core.folds.training_set import TrainingSet
from market_assets.core.market.adjust import adjust
from market_assets.core.market.grid import PriceGrid, to_grid
from market_assets.core.market.panel import Floats, Panel

EVALUATION_VERSION = "1"


def score_grid(probability: Floats, data: TrainingSet, grid: PriceGrid) -> Floats:
    """Put P(up) of the rows (n,) on the grid (S, N) as a score in [-1, 1]; NaN where there is no prediction."""
    column = {name: number for number, name in enumerate(grid.symbols)}
    row = np.searchsorted(grid.sessions, data.ts)
    score = np.full(grid.open.shape, np.nan)
    score[row, np.array([column[name] for name in data.symbols])[data.code]] = 2.0 * probability - 1.0
    return score


def evaluate(
    panel: Panel,
    data: TrainingSet,
    plan: FoldPlan,
    predictions: Mapping[str, OutOfFold],
    portfolio: PortfolioSpec,
    costs: CostSpec,
) -> tuple[Returns, dict[str, Backtest]]:
    """Trade every family's predictions and the baselines, with one rule, one account and one cost model.

    Parameters
    ----------
    panel : as-traded bars of the snapshot; adjusted here.
    data, plan : training set and fold plan the predictions belong to.
    predictions : family -> out-of-fold probabilities.

    Returns
    -------
    Returns over the combinatorial span, and the walk-forward backtest of every candidate and baseline by name.

    Raises
    ------
    NotEnoughDataError
        when nothing was predicted, or only the last session.
    """
    grid = to_grid(adjust(panel.select(data.symbols)))

    def book(probability: Floats) -> Backtest:
        return simulate(grid, target_weights(score_grid(probability, data, grid), portfolio), costs, portfolio)

    if not predictions:
        raise NotEnoughDataError("no out-of-fold prediction to trade")
    first = min(_first_trade(part.paths[0], data, grid) for part in predictions.values())
    span = slice(first, len(grid.sessions))
    walk = [fold for fold in plan.folds if fold.kind == "walk_forward"]
    starts = [int(np.searchsorted(grid.sessions, data.sessions[fold.test[0][0]])) + 1 for fold in walk]
    books = {name: book(part.walk_forward) for name, part in predictions.items()}
    simple = baselines(grid, costs, portfolio)
    begun = np.arange(len(grid.sessions))[:, None] >= starts[0]

    def columns(name: str) -> Floats:
        stacked = np.column_stack([getattr(run, name) for run in books.values()])
        return np.where(begun, stacked, np.nan)[span]

    returns = Returns(
        sessions=grid.sessions[span],
        candidates=tuple(books),
        baselines=tuple(simple),
        walk_forward=columns("net"),
        gross=columns("gross"),
        rules=np.column_stack([run.net for run in simple.values()])[span],
        paths=np.stack([np.stack([book(path).net[span] for path in part.paths]) for part in predictions.values()]),
        turnover=columns("turnover"),
        costs=columns("fees") + columns("slippage") + columns("borrow"),
        fold_starts=tuple(start - first for start in starts),
    )
    last = len(grid.sessions) - 1
    return returns, {name: run.window(starts[0], last) for name, run in {**books, **simple}.items()}


def walk_forward_account(
    grid: PriceGrid,
    data: TrainingSet,
    plan: FoldPlan,
    probability: Floats,
    portfolio: PortfolioSpec,
    costs: CostSpec,
) -> Backtest:
    """The walk-forward account of one candidate, as ``evaluate`` returns it, from its probabilities (n,)."""
    run = simulate(grid, target_weights(score_grid(probability, data, grid), portfolio), costs, portfolio)
    first = min(fold.test[0][0] for fold in plan.folds if fold.kind == "walk_forward")
    return run.window(int(np.searchsorted(grid.sessions, data.sessions[first])) + 1, len(grid.sessions) - 1)


def _first_trade(probability: Floats, data: TrainingSet, grid: PriceGrid) -> int:
    """The first session whose open can be traded on a prediction."""
    predicted = data.ts[~np.isnan(probability)]
    if predicted.size == 0 or (first := int(np.searchsorted(grid.sessions, predicted.min())) + 1) >= len(grid.sessions):
        raise NotEnoughDataError("predictions begin at the last session or nowhere; nothing can be traded on them")
    return first
