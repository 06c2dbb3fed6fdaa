"""One comparison with a peer."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass


class NotEqualError(AssertionError):
    """Ours and the peer's results differ, so their times say nothing."""


@dataclass(frozen=True)
class Comparison:
    """Best seconds of both on the same input; ``demand`` is how many times faster ours must be."""

    workload: str
    peer: str
    size: str
    ours: float
    theirs: float
    demand: float

    @property
    def ratio(self) -> float:
        """How many times faster ours is."""
        return self.theirs / self.ours


def best_of(call: Callable[[], object], repeats: int) -> float:
    """Least seconds of ``repeats`` calls after one that is not counted (it compiles)."""
    call()
    taken = []
    for _ in range(repeats):
        begin = time.perf_counter()
        call()
        taken.append(time.perf_counter() - begin)
    return min(taken)


def once(call: Callable[[], object]) -> float:
    """Seconds of one call, for a peer too slow to repeat."""
    begin = time.perf_counter()
    call()
    return time.perf_counter() - begin


def agree(equal: bool, what: str) -> None:
    """Refuse to time results that differ.

    Raises
    ------
    NotEqualError
        unless ``equal``.
    """
    if not equal:
        raise NotEqualError(f"{what}: ours and the peer's results differ")
