"""Which features of a training set repeat each other: one stands for each cluster, and what inflates beside those."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from market_assets.core.diagnostics.redundancy import (
    Clusters,
    clusters,
    rank_correlations,
    spread_rows,
    variance_inflation,
)
from market_assets.core.diagnostics.spec import DiagnosticsSpec
from market_assets.core.folds.training_set import TrainingSet
from market_assets.core.market.panel import Floats


@dataclass(frozen=True, eq=False)
class Redundancy:
    """Rank correlations (d, d), clusters, the feature (d,) that stands for each, and variance inflation (d,)."""

    correlations: Floats
    clusters: Clusters
    standing: NDArray[np.int64]
    vif: Floats


def find_redundancy(data: TrainingSet, strength: Floats, spec: DiagnosticsSpec) -> Redundancy:
    """Clusters of features by rank correlation over spread sessions, and inflation among one feature of each.

    Parameters
    ----------
    strength : (d,) the feature with the largest one stands for its cluster; NaN comes last.
    """
    rows = spread_rows(data.t0, spec.rows)
    correlations = rank_correlations(data.x[rows])
    correlations[np.isnan(data.x[rows]).mean(axis=0) > spec.missing] = np.nan
    correlations[:, np.isnan(np.diag(correlations))] = np.nan
    found = clusters(correlations, spec.correlation)
    standing, vif = np.arange(len(strength)), np.full(len(strength), np.nan)
    for number in range(found.count):
        members = found.members(number)
        standing[members] = members[np.argmax(np.nan_to_num(strength[members], nan=-1.0))]
    kept = np.flatnonzero((found.number >= 0) & (standing == np.arange(len(standing))))
    if len(kept) > 1:
        vif[kept] = variance_inflation(correlations[np.ix_(kept, kept)])
    return Redundancy(correlations, found, standing, vif)


def cluster_payload(found: Redundancy, names: Sequence[str]) -> list[dict[str, Any]]:
    """Clusters of two and more, the largest first."""
    out = []
    for cluster in range(found.clusters.count):
        members = found.clusters.members(cluster)
        if len(members) > 1:
            block = np.abs(found.correlations[np.ix_(members, members)])
            stands = int(found.standing[members[0]])
            out.append(
                {
                    "stands": names[stands],
                    "members": [names[k] for k in members if k != stands],
                    "least_correlation": float(block.min()),
                }
            )
    return sorted(out, key=lambda one: (-len(one["members"]), one["stands"]))
