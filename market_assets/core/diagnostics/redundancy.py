"""Which features stand for each other: rank correlations, clusters of them, and variance inflation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform
from scipy.stats import rankdata

from market_assets.core.errors import BadInputError
from market_assets.core.market.panel import Floats

DIGITS = 10
"""Correlations are rounded to this: the last bits of a matrix product depend on the number of threads."""
SINGULAR = 1e-8
"""Variance below which a combination of features counts as no variance at all."""


def spread_rows(session: NDArray[np.int32], most: int) -> NDArray[np.int64]:
    """Rows of evenly spread whole sessions, at most about ``most``; all rows where there are fewer."""
    days, count = np.unique(session), len(session)
    step = max(1, -(-count // max(most, 1)))
    return np.flatnonzero(np.isin(session, days[::step]))


def rank_correlations(x: NDArray[np.float32]) -> Floats:
    """Correlation of average ranks of every two columns (d, d); a missing value stands at the middle rank.

    A column that never varies has NaN with all others.
    """
    n, d = x.shape
    z = np.zeros((n, d))
    for j in range(d):
        known = ~np.isnan(x[:, j])
        if known.any():
            ranks = rankdata(x[known, j])
            centred = ranks - ranks.mean()
            size = np.sqrt(np.square(centred).sum())
            z[known, j] = centred / size if size > 0.0 else np.nan
        else:
            z[:, j] = np.nan
    found = np.round(z.T @ z, DIGITS)
    constant = np.isnan(z).any(axis=0)
    found[constant] = found[:, constant] = np.nan
    np.fill_diagonal(found, np.where(constant, np.nan, 1.0))
    return np.clip(found, -1.0, 1.0)


@dataclass(frozen=True, eq=False)
class Clusters:
    """Groups of features of which every two correlate by at least the threshold; 0 .. in order of their first member.

    ``number`` (d,) is -1 for a feature without correlations.
    """

    number: NDArray[np.int64]

    def members(self, cluster: int) -> NDArray[np.int64]:
        """Positions of the features of one cluster."""
        return np.flatnonzero(self.number == cluster)

    @property
    def count(self) -> int:
        """Number of clusters, those of one feature included."""
        return int(self.number.max(initial=-1)) + 1


def clusters(correlations: Floats, threshold: float) -> Clusters:
    """Complete linkage on 1 - |rank correlation|, cut at 1 - ``threshold``."""
    if correlations.ndim != 2 or correlations.shape[0] != correlations.shape[1] or not 0.0 < threshold < 1.0:
        raise BadInputError("correlations", f"expected correlations (d, d), threshold in 0..1, got {threshold}")
    number = np.full(len(correlations), -1)
    kept = np.flatnonzero(~np.isnan(np.diag(correlations)))
    if len(kept) == 1:
        number[kept] = 0
    elif len(kept) > 1:
        distance = 1.0 - np.abs(correlations[np.ix_(kept, kept)])
        np.fill_diagonal(distance, 0.0)
        tree = linkage(squareform(distance, checks=False), "complete")
        cut = fcluster(tree, 1.0 - threshold + 1e-12, "distance")
        _, first = np.unique(cut, return_index=True)
        order = np.argsort(np.argsort(first))  # scipy numbers clusters by the tree; ours go by first member
        number[kept] = order[cut - 1]
    return Clusters(number)


def variance_inflation(correlations: Floats) -> Floats:
    """1 / (1 - R^2) of every feature regressed on all others, (d,); infinite for an exact combination of them.

    Parameters
    ----------
    correlations : (d, d) without NaN.

    Notes
    -----
    The diagonal of the inverse correlation matrix, by eigenvalues: a feature that takes part in a combination whose
    variance is below ``SINGULAR`` has no inverse.
    """
    if correlations.ndim != 2 or np.isnan(correlations).any():
        raise BadInputError("correlations", "variance inflation needs a whole correlation matrix")
    values, vectors = np.linalg.eigh(correlations)
    parts = vectors**2
    null = values < SINGULAR
    inflation = (parts[:, ~null] / values[~null]).sum(axis=1)
    return np.where(parts[:, null].sum(axis=1) > 1e-6, np.inf, np.maximum(inflation, 1.0))
