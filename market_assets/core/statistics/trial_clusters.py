"""Clusters of correlated trials, their number chosen by silhouette: another count of independent trials."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform

from market_assets.core.errors import NotEnoughDataError
from market_assets.core.market.panel import Floats
from market_assets.core.statistics.effective_trials import as_correlation


@dataclass(frozen=True)
class Partition:
    """``count`` clusters; ``labels`` (M,) are numbered from 0 by first appearance.

    ``silhouette`` has shape (M,), 0 for a trial alone in its cluster; ``mean`` is the quality, ``t_stat`` the mean over
    the population standard deviation (NaN when all are equal up to rounding).
    """

    count: int
    labels: NDArray[np.int64]
    silhouette: Floats
    mean: float
    t_stat: float


def correlation_distance(correlation: ArrayLike) -> Floats:
    """Distance sqrt((1 - rho) / 2): 0 for equal trials, 1 for opposite ones."""
    distance = np.sqrt(np.maximum(0.0, (1.0 - as_correlation(correlation)) / 2.0))
    np.fill_diagonal(distance, 0.0)
    return distance


def partitions(correlation: ArrayLike, most: int = 100) -> list[Partition]:
    """Every cut of the average-linkage tree into 2 .. min(most, M - 1) clusters; cuts that ties forbid are left out.

    Average linkage on ``correlation_distance`` has no random start, unlike the k-means of Lopez de Prado & Lewis
    (2019), whose distance and quality these are.

    Raises
    ------
    NotEnoughDataError
        fewer than three trials: there is no cut to judge.
    """
    distance = correlation_distance(correlation)
    m = len(distance)
    if m < 3:
        raise NotEnoughDataError(f"clusters of trials need at least three trials, got {m}")
    tree = linkage(squareform(distance, checks=False), method="average")
    labels = _labels(tree, min(most, m - 1))
    sums = distance @ np.eye(labels.max() + 1)[labels]  # distances from each trial to each cluster
    found: list[Partition] = []
    for count in range(labels.max() + 1, 1, -1):
        merged = _labels(tree, count)
        if (clusters := merged.max() + 1) < 2 or (found and clusters == found[-1].count):
            continue
        into = np.zeros((sums.shape[1], clusters))
        into[labels, merged] = 1.0  # cuts of one tree are nested: every cluster goes into one of the next cut
        sums, labels = sums @ into, merged
        found.append(_judge(sums, labels))
    return found[::-1]


def cluster_trials(correlation: ArrayLike, most: int = 100) -> Partition:
    """Return the partition with the largest mean silhouette; among equals the one with fewer clusters.

    Silhouettes cannot tell one cluster from two, so M trials without structure still give at least two, unless every
    distance is zero, which gives one. A coarse estimate, best read beside ``effective_rank``.

    Raises
    ------
    NotEnoughDataError
        two trials that differ, or trials all equally far from each other: there is no cut to judge.
    """
    distance = correlation_distance(correlation)
    if len(distance) == 1 or distance.max() <= 1e-8:
        nothing = np.zeros(len(distance))
        return Partition(1, nothing.astype(np.int64), nothing, 0.0, float("nan"))
    found = partitions(correlation, most)
    if not found:
        raise NotEnoughDataError("the trials are all equally far from each other: no cut is better than another")
    return max(found, key=lambda partition: (partition.mean, -partition.count))


def _labels(tree: Floats, count: int) -> NDArray[np.int64]:
    """Cut into at most ``count`` clusters, numbered by first appearance."""
    raw = fcluster(tree, count, criterion="maxclust")
    _, first, inverse = np.unique(raw, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[inverse].astype(np.int64)


def _judge(sums: Floats, labels: NDArray[np.int64]) -> Partition:
    """Silhouettes (b - a) / max(a, b) from the sums of distances to each cluster, shape (M, k)."""
    rows, sizes = np.arange(len(labels)), np.bincount(labels)
    own = sizes[labels]
    a = sums[rows, labels] / np.maximum(own - 1, 1)
    others = sums / sizes
    others[rows, labels] = np.inf
    b = others.min(axis=1)
    larger = np.maximum(a, b)
    silhouette = np.where((own > 1) & (larger > 0.0), (b - a) / np.where(larger > 0.0, larger, 1.0), 0.0)
    mean, spread = float(silhouette.mean()), float(silhouette.std())
    return Partition(len(sizes), labels, silhouette, mean, mean / spread if spread > 1e-12 else float("nan"))
