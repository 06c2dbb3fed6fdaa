"""p-values adjusted for the number of tests; all shapes (M,), in the order given.

An adjusted p-value is the smallest level at which its test is rejected: reject where it is <= alpha. ``bonferroni``,
``sidak`` and ``holm`` control the family-wise error rate, ``benjamini_hochberg`` (independent or positively dependent
tests) and ``benjamini_yekutieli`` (any dependence) the false discovery rate.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import false_discovery_control

from market_assets.core.errors import BadInputError
from market_assets.core.market.panel import Floats


def bonferroni(pvalues: ArrayLike) -> Floats:
    """Return M p, at most 1."""
    p = _checked(pvalues)
    return np.minimum(len(p) * p, 1.0)


def sidak(pvalues: ArrayLike) -> Floats:
    """Return 1 - (1 - p)^M: exact when the tests are independent (Sidak 1967)."""
    p = _checked(pvalues)
    with np.errstate(divide="ignore"):  # p = 1 has log -inf and adjusts to 1
        return -np.expm1(len(p) * np.log1p(-p))


def holm(pvalues: ArrayLike) -> Floats:
    """Step-down Bonferroni: running maximum of (M - i + 1) p_(i) from the smallest on (Holm 1979)."""
    p = _checked(pvalues)
    order = np.argsort(p, kind="stable")
    steps = np.maximum.accumulate(np.arange(len(p), 0, -1) * p[order])
    return _restore(np.minimum(steps, 1.0), order)


def benjamini_hochberg(pvalues: ArrayLike) -> Floats:
    """Step-up false discovery rate: running minimum of M p_(i) / i from the largest on (1995)."""
    return np.asarray(false_discovery_control(_checked(pvalues), method="bh"))


def benjamini_yekutieli(pvalues: ArrayLike) -> Floats:
    """``benjamini_hochberg`` times c(M) = 1 + 1/2 + .. + 1/M, valid under any dependence (2001). The form for gates."""
    return np.asarray(false_discovery_control(_checked(pvalues), method="by"))


def harvey_liu_bhy(pvalues: ArrayLike) -> Floats:
    """Benjamini-Yekutieli recursion as printed in Harvey & Liu (2015). For comparison only, never for a gate.

    It starts from the largest p-value unadjusted, so M equal p-values of .04 all stay .04 and are all rejected at 5 %
    where ``benjamini_yekutieli`` rejects none.
    """
    p = _checked(pvalues)
    order = np.argsort(p, kind="stable")
    rank = np.arange(1, len(p) + 1)
    steps = p[order] * len(p) * float(np.sum(1.0 / rank)) / rank
    steps[-1] = p[order[-1]]
    return _restore(np.minimum.accumulate(steps[::-1])[::-1], order)


def _restore(ordered: Floats, order: NDArray[np.intp]) -> Floats:
    out = np.empty_like(ordered)
    out[order] = ordered
    return out


def _checked(pvalues: ArrayLike) -> Floats:
    p = np.asarray(pvalues, dtype=np.float64)
    if p.ndim != 1 or len(p) < 1 or not ((p >= 0.0) & (p <= 1.0)).all():
        raise BadInputError("pvalues", "expected p-values of shape (M,), M >= 1, each within [0, 1]")
    return p
