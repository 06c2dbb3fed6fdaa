"""How many independent trials M correlated ones are worth, from their correlation matrix.

Each estimate lies between 1 (all the same) and M (uncorrelated); none is rounded. They answer slightly different
questions and differ by design: for two blocks of three with correlation .8 they give 4.4, 3.25, 2.63, 4.0 and 4.19.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from market_assets.core.errors import BadInputError, NotEnoughDataError
from market_assets.core.market.panel import Floats
from market_assets.core.statistics.series import as_matrix


def trial_correlation(returns: ArrayLike) -> Floats:
    """Correlation matrix (M, M) of the trials' returns, shape (T, M).

    Raises
    ------
    NotEnoughDataError
        fewer than two periods, or a trial that never varies.
    """
    values = as_matrix(returns, minimum=2)
    flat = values.min(axis=0) == values.max(axis=0)
    if flat.any():
        raise NotEnoughDataError(f"trial {int(np.argmax(flat))} never varies: its correlations are undefined")
    deviation = values - values.mean(axis=0)
    deviation /= np.linalg.norm(deviation, axis=0)
    correlation = np.clip(deviation.T @ deviation, -1.0, 1.0)
    np.fill_diagonal(correlation, 1.0)
    return correlation


def as_correlation(matrix: ArrayLike) -> Floats:
    """Return a checked correlation matrix: square, symmetric, unit diagonal, entries within [-1, 1]."""
    array = as_matrix(matrix)
    if array.shape[0] != array.shape[1]:
        raise BadInputError("correlation_matrix", f"a correlation matrix is square, got {array.shape}")
    gaps = (np.abs(array - array.T).max(), np.abs(np.diag(array) - 1.0).max(), np.abs(array).max() - 1.0)
    if max(gaps) > 1e-8:
        raise BadInputError("correlation_matrix", "expected a symmetric matrix of correlations with a unit diagonal")
    return array


def average_correlation_trials(trials: int, correlation: float) -> float:
    """Return rho + (1 - rho) M with the mean off-diagonal correlation rho, within [0, 1].

    Bailey & Lopez de Prado 2014, appendix A.3, eq. 9. Not rounded: 50.5 stays 50.5. A negative mean, which would give
    more than M, counts as 0.
    """
    if trials < 1 or trials != int(trials):
        raise BadInputError("trial_count", f"the number of trials must be a whole number >= 1, got {trials!r}")
    if not -1.0 <= correlation <= 1.0:
        raise BadInputError("correlation_matrix", f"a correlation is within [-1, 1], got {correlation!r}")
    rho = max(0.0, correlation)
    return rho + (1.0 - rho) * trials


def mean_correlation(correlation: ArrayLike) -> float:
    """Mean off-diagonal entry of a correlation matrix; 0 for a single trial."""
    matrix = as_correlation(correlation)
    m = len(matrix)
    return float(matrix.sum() - np.trace(matrix)) / (m * (m - 1)) if m > 1 else 0.0


def effective_rank(correlation: ArrayLike) -> float:
    """Exponential of the entropy of the eigenvalue shares (Roy & Vetterli 2007)."""
    share = _spectrum(correlation)
    share = share[share > 0.0] / share.sum()
    return math.exp(-float(share @ np.log(share)))


def participation_ratio(correlation: ArrayLike) -> float:
    """Squared sum of the eigenvalues over the sum of their squares."""
    values = _spectrum(correlation)
    return float(values.sum()) ** 2 / float(values @ values)


def li_ji_trials(correlation: ArrayLike) -> float:
    """Sum over eigenvalues of 1 where they reach 1, plus their fractional part (Li & Ji 2005)."""
    values = np.round(_spectrum(correlation), 10)  # an eigenvalue of 1 - 1e-16 is 1, not a fraction of .9999
    return float(np.sum((values >= 1.0) + values - np.floor(values)))


def galwey_trials(correlation: ArrayLike) -> float:
    """Squared sum of the roots of the eigenvalues over their sum (Galwey 2009)."""
    values = _spectrum(correlation)
    return float(np.sqrt(values).sum()) ** 2 / float(values.sum())


def _spectrum(correlation: ArrayLike) -> Floats:
    """Eigenvalues, rounding errors below zero set to zero; truly negative ones are refused."""
    values = np.linalg.eigvalsh(as_correlation(correlation))
    if values[0] < -1e-6 * len(values):
        raise BadInputError("correlation_matrix", f"not positive semi-definite: eigenvalue {values[0]:g}")
    return np.maximum(values, 0.0)
