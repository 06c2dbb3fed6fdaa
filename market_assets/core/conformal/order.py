"""A growing multiset that knows its k-th smallest value: counts in a binary indexed tree (Fenwick 1994)."""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True)
def tree_add(tree, rank, amount):  # pragma: no cover - compiled
    """Add ``amount`` values of 0-based ``rank``; ``tree`` (int64) has one entry more than there are ranks."""
    position = rank + 1
    while position < len(tree):
        tree[position] += amount
        position += position & -position


@njit(cache=True)
def tree_select(tree, k):  # pragma: no cover - compiled
    """Rank (0-based) of the k-th smallest value, 1 <= k <= number of values."""
    step = 1
    while step * 2 < len(tree):
        step *= 2
    position, left = 0, np.int64(k)
    while step:
        if position + step < len(tree) and tree[position + step] < left:
            position += step
            left -= tree[position]
        step //= 2
    return position
