"""Stepwise multiple testing (Romano & Wolf 2005): which models beat the benchmark, not only whether one does."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from market_assets.core.errors import BadInputError
from market_assets.core.market.panel import Floats
from market_assets.core.statistics.resampled_means import resample_indices, resampled_maxima, resampled_means
from market_assets.core.statistics.series import as_matrix
from market_assets.core.statistics.spa import standardise


@dataclass(frozen=True)
class Step:
    """Critical value of one step and the columns first rejected there."""

    critical: float
    rejected: tuple[int, ...]


@dataclass(frozen=True)
class StepwiseTest:
    """``rejected`` columns beat the benchmark with family-wise error alpha; arrays have shape (K,).

    ``pvalues`` are stepdown-adjusted shares of resampled maxima strictly above the statistic; 0 means less than one
    in ``reps``. ``rejected`` uses interpolated quantiles and may differ from p <= alpha by one resample.
    """

    rejected: tuple[int, ...]
    steps: tuple[Step, ...]
    statistics: Floats
    pvalues: Floats
    reps: int


def stepm(
    differentials: ArrayLike,
    *,
    mean_block: float,
    alpha: float = 0.05,
    reps: int = 1000,
    seed: int = 0,
    indices: ArrayLike | None = None,
    studentise: bool = True,
    recentring: Literal["mean", "consistent"] = "mean",
) -> StepwiseTest:
    """Reject sqrt(T) d_k / w_k above the 1 - alpha quantile of the maximum, drop what was rejected, and repeat.

    Each step bootstraps the maximum over the models not yet rejected, so later critical values are lower and the
    rejections contain those of the single-step test.

    Parameters
    ----------
    differentials, mean_block, reps, seed, indices, studentise : as in ``superior_predictive_ability``.
    alpha : family-wise error rate.
    recentring : resampled means minus d (Romano & Wolf 2005), or minus Hansen's consistent g(d), which gains power
        when many models are bad.

    Raises
    ------
    NotEnoughDataError
        as in ``superior_predictive_ability``.
    """
    if not 0.0 < alpha < 1.0:
        raise BadInputError("confidence_range", f"level {alpha:g} is not between 0 and 1")
    values = as_matrix(differentials, minimum=3)
    root = math.sqrt(len(values))
    resamples = resample_indices(len(values), mean_block=mean_block, reps=reps, seed=seed, indices=indices)
    found = standardise(values, mean_block, studentise=studentise)
    centre = found.mean if recentring == "mean" else found.consistent_centre
    scale = found.scale / root
    statistics = found.mean / scale
    pvalues, maxima = _stepdown(values, resamples, centre, scale, statistics)
    remaining, steps = np.arange(values.shape[1]), []
    while True:
        critical = float(np.quantile(maxima, 1.0 - alpha))
        above = statistics[remaining] > max(critical, 0.0)
        steps.append(Step(critical=critical, rejected=tuple(remaining[above].tolist())))
        remaining = remaining[~above]
        if not above.any() or not len(remaining):
            break
        left = np.ascontiguousarray(values[:, remaining])
        maxima = resampled_maxima(left, resamples, centre[None, remaining], scale[remaining])[0]
    return StepwiseTest(
        rejected=tuple(sorted(column for step in steps for column in step.rejected)),
        steps=tuple(steps),
        statistics=statistics,
        pvalues=pvalues,
        reps=len(resamples),
    )


def _stepdown(
    values: Floats, resamples: NDArray[np.int32], centre: Floats, scale: Floats, statistics: Floats
) -> tuple[Floats, Floats]:
    """Adjusted p-values (K,) and the maxima over all models (reps,), in one pass over the resamples."""
    order = np.argsort(-statistics, kind="stable")
    above, maxima = np.zeros(len(order), np.int64), np.empty(len(resamples))
    for rows, means in resampled_means(values[:, order], resamples):
        scaled = (means - centre[order]) / scale[order]
        suffix = np.maximum.accumulate(scaled[:, ::-1], axis=1)[:, ::-1]  # maximum over this and all weaker models
        above += (suffix > statistics[order]).sum(axis=0)
        maxima[rows] = suffix[:, 0]
    pvalues = np.empty(len(order))
    pvalues[order] = np.maximum.accumulate(above / len(resamples))
    return pvalues, maxima
