"""Distinct times of many rows in one pass."""

from __future__ import annotations

import numpy as np
from numba import njit

from market_assets.core.folds.intervals import Times


def distinct_times(times: Times) -> Times:
    """Sorted distinct values; ``np.unique`` without sorting what repeats.

    A panel has few times and many rows of each, so the rows go through a hash set and only what is left is sorted.
    """
    return np.sort(_distinct(times))


@njit(cache=True)
def _distinct(times):
    bits = 4
    while (1 << bits) < 2 * times.size:
        bits += 1
    mask, shift = (1 << bits) - 1, np.uint64(64 - bits)
    slots, filled = np.empty(mask + 1, np.int64), np.zeros(mask + 1, np.bool_)
    found, count = np.empty(times.size, np.int64), 0
    for time in times:
        slot = np.int64((np.uint64(time) * np.uint64(0x9E3779B97F4A7C15)) >> shift)  # Fibonacci hashing
        while filled[slot] and slots[slot] != time:
            slot = (slot + 1) & mask
        if not filled[slot]:
            filled[slot], slots[slot], found[count] = True, time, time
            count += 1
    return found[:count]
