"""What a split leaks, by pairs of labels: for any splitter, whatever its own rule and order of rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.int64]
Split = tuple[Rows, Rows]


@dataclass(frozen=True, eq=False)
class SortedCase:
    """Label intervals by start time, and the embargo asked for: ``embargo`` bars or, by duration, units of time."""

    t0: NDArray[np.int64]
    t1: NDArray[np.int64]
    embargo: int


@dataclass
class Tally:
    """Cases of one splitter.

    ``overlap`` counts cases in which a training label and a test label share more than an instant, ``touch`` those in
    which they share at least an instant (closed intervals), ``embargo`` those with a training row within the embargo
    after the last label end of a test block; ``refused`` are cases that raised, by reason.
    """

    run: int = 0
    overlap: int = 0
    touch: int = 0
    embargo: int = 0
    refused: dict[str, int] = field(default_factory=dict)

    def refuse(self, reason: str) -> None:
        """Count a case that the splitter could not do."""
        self.refused[reason] = self.refused.get(reason, 0) + 1

    def judge(self, case: SortedCase, splits: Sequence[Split], duration: bool | None) -> None:
        """Count a case; ``duration`` says in which form the embargo was asked for, None = not offered."""
        shared = np.minimum.outer(case.t1, case.t1) - np.maximum.outer(case.t0, case.t0)
        most = max((int(shared[np.ix_(train, test)].max(initial=-1)) for train, test in splits), default=-1)
        self.run += 1
        self.overlap += most > 0
        self.touch += most >= 0
        if duration is not None and case.embargo:
            self.embargo += any(_embargo_broken(case, split, duration) for split in splits)


def _embargo_broken(case: SortedCase, split: Split, duration: bool) -> bool:
    train, test = split
    times = np.unique(case.t0)
    ordered = np.sort(test)
    for block in np.split(ordered, np.flatnonzero(np.diff(ordered) > 1) + 1):
        high = int(case.t1[block].max(initial=-1))
        after = times[times > high][: case.embargo]
        until = high + case.embargo if duration else int(after.max(initial=high))
        if np.any((case.t0[train] > high) & (case.t0[train] <= until)):
            return True
    return False
