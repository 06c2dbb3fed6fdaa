"""Rank information coefficients of many features at once: every session, horizon and group of names in one pass.

The same figure as ``session_coefficients(..., "rank")``, feature by feature. What is shared is done once: names of a
session are sorted once a feature and once an outcome, and ranks within a group of names follow from that order.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray

from market_assets.core.diagnostics.information_coefficient import MIN_NAMES
from market_assets.core.errors import BadInputError
from market_assets.core.market.panel import Floats


def panel_coefficients(
    x: NDArray[Any],
    outcomes: ArrayLike,
    session: ArrayLike,
    sessions: int,
    groups: ArrayLike | None = None,
    min_names: int = MIN_NAMES,
) -> Floats:
    """Rank correlation of every feature with every outcome over the names of each session, shape (G, H, d, S).

    Parameters
    ----------
    x : (n, d) features, compared in float32, NaN = none. outcomes : (n, H) returns that follow, NaN = unknown.
    session : (n,) session of each row, 0 .. ``sessions`` - 1; rows in any order.
    groups : (G, n) bool, the rows of each group of names; None = one group of all.
    min_names : a session with fewer pairs is a gap.

    Returns
    -------
    NaN marks a gap: too few pairs, or a feature or outcome that is the same for all of them.

    Raises
    ------
    BadInputError
        rule ``coefficient_inputs``: unequal lengths, infinite values, sessions out of range, ``min_names`` below 3.
    """
    features, returns = np.ascontiguousarray(x, dtype=np.float32), np.ascontiguousarray(outcomes, dtype=np.float64)
    place = np.asarray(session, dtype=np.int64)
    if features.ndim != 2 or returns.ndim != 2 or not len(features) == len(returns) == len(place):
        raise BadInputError("coefficient_inputs", f"{features.shape} features do not fit {returns.shape} outcomes")
    members = np.ones((1, len(features)), np.bool_) if groups is None else np.array(groups, np.bool_, order="C")
    if members.ndim != 2 or members.shape[1] != len(features):
        raise BadInputError("coefficient_inputs", f"groups {members.shape} do not fit {len(features)} rows")
    if np.isinf(features).any() or np.isinf(returns).any():
        raise BadInputError("coefficient_inputs", "features and outcomes must be finite or NaN")
    if min_names < MIN_NAMES or (len(place) and not 0 <= place.min() <= place.max() < sessions):
        raise BadInputError("coefficient_inputs", f"sessions must be below {sessions}, names at least {MIN_NAMES}")
    order = np.argsort(place, kind="stable")
    begin = np.searchsorted(place[order], np.arange(sessions + 1))
    return _coefficients(features, returns, order, begin, members, min_names)


@njit(cache=True)
def _centred(values, order, count, use, chosen, ranks):  # pragma: no cover - compiled
    """Write the centred average ranks of the used among the first ``count`` of ``order``, 0 for all others.

    Returns how many are used and the sum of squares. ``chosen`` is room for positions.
    """
    used = 0
    for k in range(count):  # no branch: which names are used cannot be foreseen
        chosen[used] = order[k]
        used += use[order[k]]
    ranks[:] = 0.0
    middle, square, first = 0.5 * (used - 1), 0.0, 0
    while first < used:
        last, value = first + 1, values[chosen[first]]
        while last < used and values[chosen[last]] == value:
            last += 1
        own = 0.5 * (first + last - 1) - middle
        for k in range(first, last):
            ranks[chosen[k]] = own
        square += (last - first) * own * own
        first = last
    return used, square


@njit(cache=True)
def _sorted(values, order):  # pragma: no cover - compiled
    """Write the positions of the values that are not NaN in increasing order; returns their number."""
    count = 0
    for k in range(len(values)):
        if not np.isnan(values[k]):
            order[count] = k
            count += 1
    known = order[:count].copy()
    order[:count] = known[np.argsort(values[known])]
    return count


@njit(cache=True)
def _dot(left, right):  # pragma: no cover - compiled
    total = 0.0
    for j in range(len(left)):
        total += left[j] * right[j]
    return total


@njit(cache=True)
def _coefficients(x, outcomes, rows, begin, members, min_names):  # pragma: no cover - compiled
    sessions, d, h, g = len(begin) - 1, x.shape[1], outcomes.shape[1], len(members)
    out = np.full((g, h, d, sessions), np.nan)
    for s in range(sessions):
        own = rows[begin[s] : begin[s + 1]]
        m = len(own)
        if m < min_names:
            continue
        block, left, right = x[own].astype(np.float64), np.empty(m), np.empty((h, m))
        group, use, chosen = np.empty((g, m), np.bool_), np.empty(m, np.bool_), np.empty(m + 1, np.int64)
        order, counts, orders = np.empty(m, np.int64), np.empty(h, np.int64), np.empty((h, m), np.int64)
        ranks, mine, a_side, b_side = np.zeros((h, g, m)), np.empty(m), np.empty(m), np.empty(m)
        squares, pairs = np.zeros((h, g)), np.zeros(g, np.int64)
        for a in range(g):
            for j in range(m):
                group[a, j] = members[a, own[j]]
        for k in range(h):  # an outcome that is known for every name is ranked once for all features
            for j in range(m):
                right[k, j] = outcomes[own[j], k]
            counts[k] = _sorted(right[k], orders[k])
            for a in range(g if counts[k] == m else 0):
                pairs[a], squares[k, a] = _centred(right[k], orders[k], m, group[a], chosen, ranks[k, a])
        for f in range(d):
            left[:] = block[:, f]
            count = _sorted(left, order)
            for a in range(g if count >= min_names else 0):
                whole = 0.0
                if count == m:
                    whole = _centred(left, order, m, group[a], chosen, mine)[1]
                for k in range(h):
                    if count == m and counts[k] == m:
                        n, both = pairs[a], whole * squares[k, a]
                        total = _dot(mine, ranks[k, a])
                    else:
                        for j in range(m):
                            use[j] = group[a, j] and not np.isnan(left[j]) and not np.isnan(right[k, j])
                        n, both = _centred(left, order, count, use, chosen, a_side)
                        both *= _centred(right[k], orders[k], counts[k], use, chosen, b_side)[1]
                        total = _dot(a_side, b_side)
                    if n >= min_names and both > 0.0:
                        out[a, k, f, s] = min(max(total / np.sqrt(both), -1.0), 1.0)
    return out
