"""Sequential bootstrap: labels drawn one after another, each the less likely the more it shares with those drawn."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from market_assets.core.errors import BadInputError, Location, NotEnoughDataError

Ints = NDArray[np.int32]
Indices = NDArray[np.int64]
Floats = NDArray[np.float64]


def draw_uniqueness(code: Ints, t0: Ints, t1: Ints, n_sessions: int, drawn: Indices) -> Floats:
    """Average uniqueness that each label would have if it were drawn next.

    The mean over the sessions of a label of 1 / (1 + labels of its symbol already drawn there, repeats counted). The
    probability of being drawn next is this divided by its sum over all labels.

    Parameters
    ----------
    code : (n,) symbol number, t0 and t1 : (n,) first and last session of the label, both included.
    n_sessions : sessions in all.
    drawn : (m,) labels drawn so far.

    Returns
    -------
    (n,) in (0, 1].

    References
    ----------
    Lopez de Prado (2018), Advances in Financial Machine Learning, section 4.5 and snippet 4.5.
    """
    start, end = _cells(code, t0, t1, n_sessions)
    steps = np.zeros((int(code.max()) + 1) * n_sessions + 1)
    np.add.at(steps, start[drawn], 1.0)
    np.add.at(steps, end[drawn] + 1, -1.0)
    shares = np.concatenate([[0.0], np.cumsum(1.0 / (1.0 + np.cumsum(steps)))])
    return (shares[end + 1] - shares[start]) / (end - start + 1)


def sequential_bootstrap(code: Ints, t0: Ints, t1: Ints, n_sessions: int, size: int, seed: int) -> Indices:
    """Draw ``size`` labels with replacement by the sequential bootstrap; (size,) row numbers in the order drawn.

    Parameters
    ----------
    code, t0, t1, n_sessions : label intervals, see ``draw_uniqueness``, in any order.
    size : draws, often the number of labels.
    seed : of the uniform numbers.

    Raises
    ------
    BadInputError
        rule ``label_interval``: an interval that ends before it starts or leaves the sessions.
    NotEnoughDataError
        without labels.
    """
    return sequential_draws(code, t0, t1, n_sessions, np.random.default_rng(seed).random(size))


def sequential_draws(code: Ints, t0: Ints, t1: Ints, n_sessions: int, uniforms: Floats) -> Indices:
    """Draws that the given uniform numbers in [0, 1) pick, one each; (m,) row numbers.

    A draw inverts the distribution function of the labels sorted by (symbol, t0), ties in the order given. The
    probabilities are those of the definition; they stand in a sum tree. A draw changes the sessions of one label, and
    with them only labels that meet it: where labels are short it costs O(log n + length), where one spans all of a
    symbol up to O(labels of the symbol).
    """
    start, end = _cells(code, t0, t1, n_sessions)
    order = np.argsort(start, kind="stable")
    start, end = start[order], end[order]
    reach = np.maximum.accumulate(end)
    first = np.searchsorted(reach, start, side="left")
    last = np.searchsorted(start, end, side="right") - 1
    return order[_draw(start, end, reach, first, last, (int(code.max()) + 1) * n_sessions, uniforms)]


def draw_counts(code: Ints, t0: Ints, t1: Ints, n_sessions: int, samples: int, seed: int) -> Floats:
    """Mean number of times that each label is drawn in ``samples`` sequential bootstraps of the size of the set; (n,).

    The counts add up to n. Labels that overlap many others are drawn less often, so the counts are weights that answer
    for overlap, as the bootstrap itself does for an ensemble.
    """
    rng = np.random.default_rng(seed)
    counts = np.zeros(code.size)
    for _ in range(samples):
        drawn = sequential_draws(code, t0, t1, n_sessions, rng.random(code.size))
        counts += np.bincount(drawn, minlength=code.size)
    return counts / samples


def _cells(code: Ints, t0: Ints, t1: Ints, n_sessions: int) -> tuple[Indices, Indices]:
    """Label intervals on one axis, on which every symbol has its own stretch of sessions."""
    if not code.size:
        raise NotEnoughDataError("a bootstrap needs labels")
    bad = np.flatnonzero((t0 < 0) | (t1 < t0) | (t1 >= n_sessions) | (code < 0))
    if bad.size:
        text = f"a label needs 0 <= t0 <= t1 < {n_sessions} sessions and a symbol"
        raise BadInputError("label_interval", text, Location(row=int(bad[0])))
    base = code.astype(np.int64) * n_sessions
    return base + t0, base + t1


@njit(cache=True)
def _draw(start, end, reach, first, last, n_cells, uniforms):  # pragma: no cover - compiled
    size = 1
    while size < start.size:
        size *= 2
    tree = np.zeros(2 * size)
    tree[size : size + start.size] = 1.0
    for node in range(size - 1, 0, -1):
        tree[node] = tree[2 * node] + tree[2 * node + 1]
    share, held = np.ones(n_cells), np.ones(n_cells)
    summed = np.empty(n_cells + 1)
    drawn = np.empty(uniforms.size, np.int64)
    for turn in range(uniforms.size):
        at, node = uniforms[turn] * tree[1], 1
        while node < size:
            node *= 2
            # a rounded sum must not lead into the empty leaves at the right end
            if at >= tree[node] and tree[node + 1] > 0.0:
                at -= tree[node]
                node += 1
        label = node - size
        drawn[turn] = label
        for cell in range(start[label], end[label] + 1):
            held[cell] += 1.0
            share[cell] = 1.0 / held[cell]
        low, high = first[label], last[label]
        origin = start[low]
        total = 0.0
        summed[0] = 0.0
        for cell in range(origin, reach[high] + 1):
            total += share[cell]
            summed[cell - origin + 1] = total
        for other in range(low, high + 1):
            cells = summed[end[other] + 1 - origin] - summed[start[other] - origin]
            tree[size + other] = cells / (end[other] - start[other] + 1)
        low, high = (size + low) // 2, (size + high) // 2
        while low:
            for node in range(low, high + 1):
                tree[node] = tree[2 * node] + tree[2 * node + 1]
            low, high = low // 2, high // 2
    return drawn
