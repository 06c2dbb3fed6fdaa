"""Population stability index of one feature, on quantile bins of the reference."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from market_assets.core.errors import BadInputError, NotEnoughDataError
from market_assets.core.market.panel import Floats


def psi_of_proportions(reference: ArrayLike, current: ArrayLike, eps: float = 1e-4) -> float:
    """PSI = sum (a - e) ln(a / e) of current shares a against reference shares e.

    Shares are floored at ``eps`` and not renormalised. An empty bin makes PSI a function of ``eps``: state it with
    the figure. Common reading: < 0.10 stable, 0.10 to 0.25 moderate, > 0.25 major.
    """
    expected, actual = np.asarray(reference, np.float64), np.asarray(current, np.float64)
    if expected.shape != actual.shape or expected.ndim != 1 or not 0.0 < eps < 1.0:
        raise BadInputError("psi_bins", f"shares {expected.shape} and {actual.shape} must match and 0 < eps < 1")
    expected, actual = np.maximum(expected, eps), np.maximum(actual, eps)
    return float(np.sum((actual - expected) * np.log(actual / expected)))


def quantile_edges(reference: ArrayLike, bins: int = 10) -> Floats:
    """Inner bin edges at the reference quantiles 1/bins .. (bins-1)/bins, duplicates merged; outer bins are open.

    Raises
    ------
    NotEnoughDataError
        fewer finite reference values than bins.
    """
    values = np.asarray(reference, np.float64)
    values = values[~np.isnan(values)]
    if len(values) < bins:
        raise NotEnoughDataError(f"{len(values)} reference values for {bins} bins")
    return np.unique(np.quantile(values, np.arange(1, bins) / bins, method="inverted_cdf"))


def bin_shares(values: ArrayLike, edges: Floats) -> Floats:
    """Share of the values in (-inf, e1], (e1, e2], .., (en, inf) and, last, the share that is missing (NaN)."""
    array = np.asarray(values, np.float64)
    if array.ndim != 1 or len(array) == 0:
        raise NotEnoughDataError("no values to bin")
    missing = np.isnan(array)
    counts = np.bincount(np.searchsorted(edges, array[~missing], side="left"), minlength=len(edges) + 1)
    return np.append(counts, missing.sum()) / len(array)


def psi(reference: ArrayLike, current: ArrayLike, bins: int = 10, eps: float = 1e-4) -> float:
    """PSI of ``current`` against ``reference`` values, shape (n,) and (m,); missing values are a bin of their own.

    Raises
    ------
    NotEnoughDataError
        too few reference values for the bins, or no current values.
    """
    edges = quantile_edges(reference, bins)
    return psi_of_proportions(bin_shares(reference, edges), bin_shares(current, edges), eps)
