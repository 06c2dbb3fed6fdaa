"""Reality check for data snooping (White 2000)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from market_assets.core.market.panel import Floats
from market_assets.core.statistics.resampled_means import resample_indices, resampled_maxima
from market_assets.core.statistics.series import as_matrix


@dataclass(frozen=True)
class RealityCheck:
    """``pvalue`` of "no model beats the benchmark"; ``maxima`` has shape (reps,). 0 means less than one in ``reps``."""

    statistic: float
    pvalue: float
    best: int
    maxima: Floats
    reps: int


def reality_check(
    differentials: ArrayLike,
    *,
    mean_block: float,
    reps: int = 1000,
    seed: int = 0,
    indices: ArrayLike | None = None,
) -> RealityCheck:
    """Test max_k sqrt(T) d_k against its stationary bootstrap, every mean re-centred by d (White 2000).

    The least favourable of the nulls: bad models cost power and nothing is studentised, so a volatile model can drown
    a steady good one. ``superior_predictive_ability`` has neither weakness; its unstudentised upper p-value is this.

    Parameters
    ----------
    differentials : shape (T, K), model return minus benchmark return.
    mean_block, reps, seed : of the stationary bootstrap; not used when ``indices`` is given.
    indices : optional explicit resample indices, shape (reps, T), 0-based.
    """
    values = as_matrix(differentials, minimum=2)
    n = len(values)
    resamples = resample_indices(n, mean_block=mean_block, reps=reps, seed=seed, indices=indices)
    mean = values.mean(axis=0)
    statistic = math.sqrt(n) * float(mean.max())
    maxima = math.sqrt(n) * resampled_maxima(values, resamples, mean[None, :], np.ones_like(mean))[0]
    return RealityCheck(
        statistic=statistic,
        pvalue=float(np.mean(maxima > statistic)),
        best=int(np.argmax(mean)),
        maxima=maxima,
        reps=len(resamples),
    )
