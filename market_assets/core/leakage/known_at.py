"""Were the bars known when they are used? ``ts`` is what a bar tells of, ``known_at`` when we learned it.

A snapshot holds the newest version of every bar. A version learned long after the close was not there when its session
was decided on: the panel is then a restated past. ``late_rows`` counts those. ``prove_known`` holds the reader to its
word: read as of an earlier time, the bars are those known by then, and nothing learned later shows in them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from market_assets.core.leakage.compare import moved
from market_assets.core.market.panel import VALUE_COLUMNS, Panel

Read = Callable[[np.datetime64], Panel]
ALLOWANCE = np.timedelta64(12, "h")
"""After the close until the next open, when a decision is traded."""


@dataclass(frozen=True)
class KnownResult:
    """What was found: ``late_rows`` of ``rows``; values ``compared`` and ``violations_count`` over all ``cuts``."""

    rows: int
    late_rows: int
    cuts: tuple[str, ...]
    compared: int
    violations_count: int


def late_rows(panel: Panel, allowance: np.timedelta64 = ALLOWANCE) -> NDArray[np.bool_]:
    """Rows (n_rows,) whose version was learned after the decision they are used for."""
    return panel.known_at > panel.ts + allowance


def prove_known(panel: Panel, read: Read, cuts: Sequence[np.datetime64]) -> KnownResult:
    """Hold earlier reads against the snapshot.

    Parameters
    ----------
    panel : the snapshot's bars.
    read : time -> bars as known then, of the same symbols or some of them.

    Returns
    -------
    A value is in violation that an earlier read gives otherwise than the snapshot although the version was known by
    then, that it leaves out, or that it gives of a version learned later or of a bar that had not closed.
    """
    compared = violations = 0
    for cut in cuts:
        earlier = read(cut)
        here = panel.select(earlier.symbols)
        here = here.take((here.ts <= cut) & (here.known_at <= cut))
        early = earlier.take((earlier.ts <= cut) & (earlier.known_at <= cut))
        there, again = _keys(here), _keys(early)
        common, mine, theirs = np.intersect1d(there, again, assume_unique=True, return_indices=True)
        wrong = (earlier.n_rows - early.n_rows) + (there.size - common.size)
        changed = np.zeros(common.size, dtype=np.bool_)
        for name in VALUE_COLUMNS:
            changed |= moved(getattr(here, name)[mine], getattr(early, name)[theirs])
        compared += int(there.size)
        violations += wrong + int(changed.sum())
    late = int(late_rows(panel).sum())
    return KnownResult(panel.n_rows, late, tuple(str(cut) for cut in cuts), compared, violations)


def _keys(panel: Panel) -> NDArray[np.void]:
    """Symbol and close of every row as one comparable value; both panels list the same symbols in the same order."""
    keys = np.empty(panel.n_rows, dtype=[("symbol", np.int64), ("ts", np.int64)])
    keys["symbol"], keys["ts"] = panel.symbol_codes(), panel.ts.astype("datetime64[us]").astype(np.int64)
    return keys
