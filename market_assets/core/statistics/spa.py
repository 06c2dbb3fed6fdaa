"""Test for superior predictive ability (Hansen 2005), with White's reality check as the unstudentised case."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.fft import irfft, next_fast_len, rfft

from market_assets.core.errors import BadInputError, NotEnoughDataError
from market_assets.core.market.panel import Floats
from market_assets.core.statistics.resampled_means import resample_indices, resampled_maxima
from market_assets.core.statistics.series import as_matrix


@dataclass(frozen=True)
class Superiority:
    """p-values of "no model beats the benchmark"; always lower <= consistent <= upper.

    ``best`` is the column with the largest (studentised) mean; ``mean``, ``omega`` and ``threshold`` have shape (K,).
    A p-value of 0 means less than one in ``reps``.
    """

    statistic: float
    lower: float
    consistent: float
    upper: float
    best: int
    mean: Floats
    omega: Floats
    threshold: Floats
    maxima: Floats
    reps: int


@dataclass(frozen=True)
class Standardisation:
    """Means of K differentials, their long-run ``omega``, the ``scale`` to divide by and Hansen's ``threshold``."""

    mean: Floats
    omega: Floats
    scale: Floats
    threshold: Floats

    @property
    def consistent_centre(self) -> Floats:
        """The mean where it is not clearly negative, else 0: Hansen's consistent re-centring."""
        return np.where(self.mean >= self.threshold, self.mean, 0.0)


def superior_predictive_ability(
    differentials: ArrayLike,
    *,
    mean_block: float,
    reps: int = 1000,
    seed: int = 0,
    indices: ArrayLike | None = None,
    studentise: bool = True,
) -> Superiority:
    """Test whether the best of K models beats the benchmark, allowing for the search among them.

    The statistic is max(0, max_k sqrt(T) d_k / w_k); resampled means are re-centred by g(d): lower max(d, 0),
    consistent d 1{d >= -sqrt(w^2 / T 2 ln ln T)}, upper d. p is the share of resampled maxima strictly above the
    statistic. ``studentise=False`` gives max_k sqrt(T) d_k without w and without truncation (White 2000); w then
    only sets the consistent threshold.

    Parameters
    ----------
    differentials : shape (T, K), benchmark loss minus model loss, that is model return minus benchmark return.
    mean_block : mean block length of the stationary bootstrap; also sets the kernel of w (Hansen 2005, sec. 3).
    reps, seed : size and seed of the bootstrap; not used when ``indices`` is given.
    indices : optional explicit resample indices, shape (reps, T), 0-based.

    Raises
    ------
    NotEnoughDataError
        fewer than three periods (ln ln T), or a differential that is constant but not zero.
    """
    values = as_matrix(differentials, minimum=3)
    n = len(values)
    resamples = resample_indices(n, mean_block=mean_block, reps=reps, seed=seed, indices=indices)
    found = standardise(values, mean_block, studentise=studentise)
    mean, scale = found.mean, found.scale
    centres = np.stack([np.maximum(mean, 0.0), found.consistent_centre, mean])
    maxima = math.sqrt(n) * resampled_maxima(values, resamples, centres, scale)
    standardised = math.sqrt(n) * mean / scale
    statistic = float(standardised.max())
    if studentise:
        statistic, maxima = max(0.0, statistic), np.maximum(maxima, 0.0)
    lower, consistent, upper = (float(p) for p in np.mean(maxima > statistic, axis=1))
    return Superiority(
        statistic=statistic,
        lower=lower,
        consistent=consistent,
        upper=upper,
        best=int(np.argmax(standardised)),
        mean=mean,
        omega=found.omega,
        threshold=found.threshold,
        maxima=maxima,
        reps=len(resamples),
    )


def standardise(values: Floats, mean_block: float, *, studentise: bool) -> Standardisation:
    """Standardise differentials (T, K), T >= 3; errors as in ``superior_predictive_ability``."""
    n = len(values)
    mean = values.mean(axis=0)
    omega = np.sqrt(long_run_variance(values, mean_block))
    idle = (values.min(axis=0) == values.max(axis=0)) & (mean == 0.0)  # a model equal to its benchmark
    if (omega[~idle] <= 1e-14 * np.abs(values).max(axis=0)[~idle]).any():
        raise NotEnoughDataError("a model differs from the benchmark by a constant: its statistic is undefined")
    return Standardisation(
        mean=mean,
        omega=omega,
        scale=np.where(idle, 1.0, omega) if studentise else np.ones_like(omega),
        threshold=-omega * math.sqrt(2.0 * math.log(math.log(n)) / n),
    )


def long_run_variance(values: Floats, mean_block: float) -> Floats:
    """Variance of sqrt(T) times the mean of each column (T, K) under the stationary bootstrap.

    gamma_0 + 2 sum_i kappa_i gamma_i with kappa_i = (T - i)/T (1 - q)^i + i/T (1 - q)^(T - i), q = 1 / mean_block and
    gamma_i the population autocovariances, taken by FFT.
    """
    if not mean_block >= 1.0:
        raise BadInputError("bootstrap_size", f"mean block {mean_block} must be at least 1")
    n = len(values)
    size = next_fast_len(2 * n - 1, real=True)
    spectrum = np.asarray(rfft(values - values.mean(axis=0), size, axis=0))
    autocovariance = np.asarray(irfft(np.abs(spectrum) ** 2, size, axis=0))[:n] / n
    lags = np.arange(1, n)
    keep = 1.0 - 1.0 / mean_block
    kernel = (n - lags) / n * keep**lags + lags / n * keep ** (n - lags)
    return np.maximum(autocovariance[0] + 2.0 * kernel @ autocovariance[1:], 0.0)
