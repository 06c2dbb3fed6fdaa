"""The true net Sharpe ratio of a candidate: what its refit earns when the same market goes on for decades."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.direct import Clocked, feature_blocks, training_set
from market_assets.core.compute import Compute
from market_assets.core.execution.backtest import simulate
from market_assets.core.execution.evaluate import score_grid
from market_assets.core.execution.portfolio import target_weights
from market_assets.core.folds.training_set import TrainingSet
from market_assets.core.market.adjust import adjust
from market_assets.core.market.grid import to_grid
from market_assets.core.market.panel import Panel
from market_assets.core.models.fitted import predict_rows
from market_assets.core.models.fold_fit import refit
from market_assets.core.statistics.sharpe import moments, se_mertens
from market_assets.experiments.spec import Experiment


@dataclass(frozen=True)
class Truth:
    """Annual net Sharpe ratio of sessions that nothing was chosen on, its standard error, and their number.

    ``idle`` means that the refit never held a position: it earns nothing, and its Sharpe ratio counts as 0.
    """

    sharpe: float
    error: float
    sessions: int
    idle: bool

    @staticmethod
    def from_payload(payload: Mapping[str, Any]) -> Truth:
        """Inverse of ``asdict``."""
        return Truth(**payload)


def true_sharpe(experiment: Experiment, data: TrainingSet, family: str, longer: Panel, compute: Compute) -> Truth:
    """Refit a family on all of its training set, as a promotion does, and trade the sessions that follow.

    Parameters
    ----------
    data : training set of the run. longer : the same market, gone on after it.

    The features, the portfolio rule, the account and the costs are those of the run. The model is never fitted again.
    The standard error is Mertens' (2002), for independent returns.
    """
    fit = refit(
        data,
        data.trainable,
        family=family,
        params=experiment.models[family],
        weights=experiment.weights,
        calibration=experiment.calibration,
        compute=compute,
        transforms=experiment.transforms,
    )
    clock = Clocked()
    whole = training_set(experiment, longer, feature_blocks(experiment, longer, clock), clock)
    after = np.flatnonzero(whole.ts > data.sessions[-1])
    probability = np.full(whole.n_rows, np.nan)
    probability[after] = fit.calibrator.apply(predict_rows(family, fit.payload, whole, after, compute))
    grid = to_grid(adjust(longer.select(whole.symbols)))
    weights = target_weights(score_grid(probability, whole, grid), experiment.portfolio)
    book = simulate(grid, weights, experiment.costs, experiment.portfolio)
    first = int(np.searchsorted(grid.sessions, data.sessions[-1], side="right")) + 1
    net = book.net[first:]
    if not book.held[first:].any():
        return Truth(0.0, 0.0, len(net), idle=True)
    found = moments(net)
    ratio, root = found.mean / found.std, experiment.evaluation.periods_per_year**0.5
    error = se_mertens(ratio, found.n, found.skew, found.kurtosis)
    return Truth(ratio * root, error * root, found.n, idle=False)
