"""How much of a label is its own: concurrency, average uniqueness, and decay over it."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numba import njit
from numpy.typing import NDArray

from market_assets.core.errors import NotEnoughDataError

Ints = NDArray[np.int32]
Floats = NDArray[np.float64]


def concurrency(code: Ints, t0: Ints, t1: Ints, counted: NDArray[np.bool_], n_sessions: int) -> NDArray[np.int32]:
    """Labels alive in every session of every symbol, from difference arrays in O(rows + cells).

    Parameters
    ----------
    code : (n,) symbol number, t0 and t1 : (n,) first and last session of the label, both included.
    counted : (n,) rows whose label counts.
    n_sessions : sessions in all.

    Returns
    -------
    (n_symbols, n_sessions), where ``n_symbols`` is the largest code plus one.
    """
    n_symbols = int(code.max()) + 1 if code.size else 0
    return _live_labels(code, t0, t1, counted, n_symbols, n_sessions)


def average_uniqueness(code: Ints, t0: Ints, t1: Ints, counted: NDArray[np.bool_], n_sessions: int) -> Floats:
    """Mean over the sessions of a label of one over the labels alive there, within its symbol.

    The average is per label, not per cell of the indicator matrix. Labels of different symbols do not
    compete: they are made of different returns.

    Returns
    -------
    (n,) in (0, 1]; 0 on rows that are not counted.

    References
    ----------
    Lopez de Prado (2018), Advances in Financial Machine Learning, snippets 4.1 and 4.2.
    """
    live = concurrency(code, t0, t1, counted, n_sessions)
    return _mean_inverse(code, t0, t1, counted, live)


def mean_uniqueness(unique: Floats, t0: Ints, t1: Ints, over: Literal["labels", "cells"] = "labels") -> float:
    """Mean of the average uniqueness (n,) of labels, each counted once.

    ``cells`` weighs every label by its number of sessions, the mean over the cells of the indicator matrix, which
    some libraries give under the same name; it follows the long labels.

    Raises
    ------
    NotEnoughDataError
        without labels.
    """
    if not unique.size:
        raise NotEnoughDataError("a mean uniqueness needs at least one label")
    return float(np.average(unique, weights=None if over == "labels" else t1 - t0 + 1))


def time_decay(uniqueness: Floats, session: Ints, oldest: float) -> Floats:
    """Piecewise-linear decay over cumulative uniqueness; the newest session has weight 1.

    Cumulative uniqueness runs over sessions, so that labels that start together, whichever their symbol,
    share one weight. With one label a session this is snippet 4.11 of Lopez de Prado (2018).

    Parameters
    ----------
    uniqueness : (n,) average uniqueness of the labels of one fit.
    session : (n,) session in which each label starts.
    oldest : weight at zero cumulative uniqueness; below 0, that share of the oldest part gets weight 0.

    Raises
    ------
    NotEnoughDataError
        without any uniqueness to run over.
    """
    if not uniqueness.size or not uniqueness.sum() > 0:
        raise NotEnoughDataError("time decay needs at least one label with positive uniqueness")
    cumulated = np.cumsum(np.bincount(session, weights=uniqueness))
    total = cumulated[-1]
    slope = (1 - oldest) / total if oldest >= 0 else 1 / ((oldest + 1) * total)
    return np.maximum(1 - slope * (total - cumulated), 0.0)[session]


@njit(cache=True)
def _live_labels(code, t0, t1, counted, n_symbols, n_sessions):  # pragma: no cover - compiled
    steps = np.zeros((n_symbols, n_sessions + 1), np.int32)
    for row in range(code.size):
        if counted[row]:
            steps[code[row], t0[row]] += 1
            steps[code[row], t1[row] + 1] -= 1
    live = np.empty((n_symbols, n_sessions), np.int32)
    for symbol in range(n_symbols):
        alive = 0
        for session in range(n_sessions):
            alive += steps[symbol, session]
            live[symbol, session] = alive
    return live


@njit(cache=True)
def _mean_inverse(code, t0, t1, counted, live):  # pragma: no cover - compiled
    out = np.zeros(code.size)
    for row in range(code.size):
        if counted[row]:
            total = 0.0
            for session in range(t0[row], t1[row] + 1):
                total += 1.0 / live[code[row], session]
            out[row] = total / (t1[row] - t0[row] + 1)
    return out
