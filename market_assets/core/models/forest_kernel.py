"""Walk a forest of stored arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

BLOCK = 64


@njit(cache=True, nogil=True)
def forest_mean(
    x: NDArray[np.float32],
    median: NDArray[np.float32],
    offsets: NDArray[np.int32],
    feature: NDArray[np.int32],
    edge: NDArray[np.float32],
    left: NDArray[np.int32],
    right: NDArray[np.int32],
    value: NDArray[np.float64],
) -> Any:
    """Mean leaf value over all trees, shape (n,) float64.

    A row goes left where its value is <= edge; NaN counts as the column's median. ``left`` and ``right`` are
    positions inside the tree that starts at ``offsets[t]``; a leaf has feature -1. Trees are added in order and
    divided at the end, as scikit-learn does, so that both agree to the last bit.
    """
    n = x.shape[0]
    out = np.zeros(n)
    for first in range(0, n, BLOCK):  # a block of rows and the nodes of all trees stay in the cache
        last = min(first + BLOCK, n)
        for t in range(offsets.shape[0] - 1):
            root = offsets[t]
            for i in range(first, last):
                node = root
                while feature[node] >= 0:
                    seen = x[i, feature[node]]
                    if np.isnan(seen):
                        seen = median[feature[node]]
                    node = root + (left[node] if seen <= edge[node] else right[node])
                out[i] += value[node]
    return out / (offsets.shape[0] - 1)
