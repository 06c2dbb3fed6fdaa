"""A frozen model on a range that nothing of it has seen: predict, trade, and measure once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from market_assets.core.errors import NotEnoughDataError
from market_assets.core.execution.backtest import Backtest, simulate
from market_assets.core.execution.evaluate import score_grid
from market_assets.core.execution.portfolio import target_weights
from market_assets.core.execution.spec import CostSpec, PortfolioSpec
from market_assets.core.features.normalization import NormalizationSpec
from market_assets.core.features.registry import FAMILIES
from market_assets.core.folds.training_set import TrainingSet, assemble
from market_assets.core.labels.spec import LabelSpec, WeightSpec
from market_assets.core.labels.triple_barrier import triple_barrier
from market_assets.core.market.adjust import adjust
from market_assets.core.market.grid import to_grid
from market_assets.core.market.panel import Floats, Panel

Predict = Callable[[TrainingSet, NDArray[np.bool_]], Floats]
"""(rows (n,), mask (n,)) -> calibrated P(up) of the rows that the mask names."""


@dataclass(frozen=True)
class Recipe:
    """How the model's rows are made and traded: those parts of its experiment that are not the model."""

    features: Sequence[str]
    label: LabelSpec
    weights: WeightSpec
    warmup: int
    portfolio: PortfolioSpec
    costs: CostSpec
    normalization: NormalizationSpec | None = None


def rows_of(panel: Panel, recipe: Recipe) -> TrainingSet:
    """Features and labels of a panel, as for training."""
    adjusted = adjust(panel)
    blocks = {name: (FAMILIES[name].names, FAMILIES[name].compute(adjusted)) for name in recipe.features}
    labels = triple_barrier(adjusted, recipe.label)
    return assemble(panel, blocks, labels, recipe.weights, recipe.warmup, recipe.normalization)


def trade_holdout(panel: Panel, recipe: Recipe, predict: Predict, start: np.datetime64) -> Backtest:
    """Account of a model from the first open after ``start`` on; the sessions before are history for its features.

    Parameters
    ----------
    panel : bars up to the end of the holdout.
    start : first close of the holdout; decided at it, traded at the next open.

    Raises
    ------
    NotEnoughDataError
        when fewer than two sessions can be traded.
    """
    data = rows_of(panel, recipe)
    inside = data.ts >= start
    grid = to_grid(adjust(panel.select(data.symbols)))
    first = int(np.searchsorted(grid.sessions, start)) + 1
    if not inside.any() or first + 1 >= len(grid.sessions):
        raise NotEnoughDataError(f"the holdout from {start} has no two sessions to trade")
    probability = np.full(data.n_rows, np.nan)
    probability[inside] = predict(data, inside)
    weights = target_weights(score_grid(probability, data, grid), recipe.portfolio)
    return simulate(grid, weights, recipe.costs, recipe.portfolio).window(first, len(grid.sessions) - 1)
