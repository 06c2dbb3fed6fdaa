"""Two threads for the symbols of a large panel, where the work lets go of the interpreter's lock."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

THREADS = 2
THREADED_ROWS = 200_000
"""Rows of a panel from which threads pay."""


def over_symbols(offsets: NDArray[np.int64], work: Callable[[int, int, int], None]) -> None:
    """Call ``work(run, low, high)`` for runs of symbols that together are all of them: one, or one for each thread.

    Each symbol must be worked through by itself, and write what no other one does: the bytes then do not depend on the
    threads. What a run raises is raised here.

    Parameters
    ----------
    offsets : where the rows of each symbol begin, and their end; shape (n_symbols + 1,).
    work : gets the number of the run, less than ``THREADS``, and the symbols ``low:high``.
    """
    symbols, rows = len(offsets) - 1, int(offsets[-1])
    if rows < THREADED_ROWS:
        work(0, 0, symbols)
        return
    inner = np.searchsorted(offsets, [rows * part // THREADS for part in range(1, THREADS)])
    edges = [0, *inner.tolist(), symbols]
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(work, range(THREADS), edges[:-1], edges[1:]))
