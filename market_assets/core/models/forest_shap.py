"""Exact path-dependent Shapley values of a stored forest (TreeSHAP of Lundberg, Erion & Lee 2018).

A leaf is a product of conditions, one a feature of its path. What it adds when the features S are known is its value
times, for each feature, whether the row meets the condition (in S) or the share of background rows that do, given the
path above (not in S). Shapley values are linear, so those of a tree are the sum over its leaves, and those of a product
come from the coefficients of prod_j (z_j + o_j t) with one factor divided out at a time.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from market_assets.core.errors import NotEnoughDataError
from market_assets.core.models.forest_kernel import BLOCK

Floats = NDArray[np.float64]
Matrix = NDArray[np.float32]


def forest_shap(stored: dict[str, NDArray[Any]], x: Matrix, background: Matrix) -> tuple[Floats, float]:
    """Contribution of every feature to the forest's mean (n, d), and the mean over the background.

    Parameters
    ----------
    stored : arrays of ``random_forest``. x : (n, d), rows to explain. background : (m, d) rows whose share at every
        node stands for "unknown"; every node must hold one, as the rows that grew the forest do.

    Raises
    ------
    NotEnoughDataError
        when no background row reaches some node.
    """
    parts = ("offsets", "feature", "edge", "left", "right")
    offsets, feature, edge, left, right = (stored[name] for name in parts)
    known, rows = (np.where(np.isnan(block), stored["median"], block) for block in (background, x))
    cover = _covers(known, offsets, feature, edge, left, right)
    if cover.min() < 1:
        raise NotEnoughDataError(f"{int((cover < 1).sum())} nodes of the forest hold none of {len(known)} rows")
    paths = _paths(offsets, feature, edge, left, right, stored["value"], cover.astype(np.float64))
    values = _contributions(rows, *paths[:-1])
    trees = len(offsets) - 1
    return values / trees, float(paths[-1].sum()) / trees


@njit(cache=True)
def _covers(x, offsets, feature, edge, left, right):  # pragma: no cover - compiled
    out = np.zeros(len(feature), np.int64)
    for first in range(0, len(x), BLOCK):  # a block of rows and the nodes of all trees stay in the cache
        for t in range(len(offsets) - 1):
            root = offsets[t]
            for i in range(first, min(first + BLOCK, len(x))):
                node = root
                out[node] += 1
                while feature[node] >= 0:
                    node = root + (left[node] if x[i, feature[node]] <= edge[node] else right[node])
                    out[node] += 1
    return out


@njit(cache=True)
def _paths(offsets, feature, edge, left, right, value, cover):  # pragma: no cover - compiled
    """Conditions of every leaf, one a distinct feature of its path.

    Returns starts (L + 1,), and for each condition the feature, the bounds low < x <= high and the share z; then the
    leaf values (L,), and what each adds when nothing is known (L,).
    """
    nodes = len(feature)
    leaves, parent, lefty = 0, np.full(nodes, -1, np.int64), np.zeros(nodes, np.bool_)
    for t in range(len(offsets) - 1):
        root = offsets[t]
        for node in range(root, offsets[t + 1]):
            if feature[node] < 0:
                leaves += 1
            else:
                parent[root + left[node]], parent[root + right[node]] = node, node
                lefty[root + left[node]] = True
    starts = np.zeros(leaves + 1, np.int64)
    kind, low, high, share = [0], [0.0], [0.0], [0.0]
    values, empty = np.empty(leaves), np.empty(leaves)
    leaf = 0
    for node in range(nodes):
        if feature[node] >= 0:
            continue
        first, below, above = len(kind), node, parent[node]
        values[leaf], empty[leaf] = value[node], value[node]
        while above >= 0:
            at = first
            while at < len(kind) and kind[at] != feature[above]:
                at += 1
            if at == len(kind):
                kind.append(int(feature[above]))
                low.append(-np.inf)
                high.append(np.inf)
                share.append(1.0)
            if lefty[below]:
                high[at] = min(high[at], float(edge[above]))
            else:
                low[at] = max(low[at], float(edge[above]))
            share[at] *= cover[below] / cover[above]
            empty[leaf] *= cover[below] / cover[above]
            below, above = above, parent[above]
        starts[leaf], starts[leaf + 1] = first - 1, len(kind) - 1
        leaf += 1
    return starts, np.array(kind)[1:], np.array(low)[1:], np.array(high)[1:], np.array(share)[1:], values, empty


@njit(cache=True)
def _contributions(x, starts, kind, low, high, share, values):  # pragma: no cover - compiled
    deepest = 0
    for leaf in range(len(values)):
        deepest = max(deepest, starts[leaf + 1] - starts[leaf])
    weight = np.zeros((deepest + 1, deepest + 1))  # k! (D - 1 - k)! / D!
    for size in range(1, deepest + 1):
        weight[size, 0] = 1.0 / size
        for k in range(1, size):
            weight[size, k] = weight[size, k - 1] * k / (size - k)
    out = np.zeros(x.shape)
    p, met = np.empty(deepest + 2), np.empty(deepest + 1, np.bool_)
    for i in range(len(x)):
        for leaf in range(len(values)):
            begin, size = starts[leaf], starts[leaf + 1] - starts[leaf]
            p[0], degree = 1.0, 0
            for j in range(size):
                z, seen = share[begin + j], x[i, kind[begin + j]]
                met[j] = low[begin + j] < seen <= high[begin + j]
                if met[j]:
                    p[degree + 1] = p[degree]
                    for k in range(degree, 0, -1):
                        p[k] = z * p[k] + p[k - 1]
                    degree += 1
                    p[0] *= z
                else:
                    for k in range(degree + 1):
                        p[k] *= z
            for j in range(size):
                z, total = share[begin + j], 0.0
                if met[j]:  # divide p by (z + t), from the highest coefficient down
                    q = p[degree]
                    total = q * weight[size, degree - 1]
                    for k in range(degree - 1, 0, -1):
                        q = p[k] - z * q
                        total += q * weight[size, k - 1]
                    out[i, kind[begin + j]] += values[leaf] * (1.0 - z) * total
                else:
                    for k in range(degree + 1):
                        total += p[k] * weight[size, k]
                    out[i, kind[begin + j]] -= values[leaf] * total  # the factor -z over the z divided out
    return out
