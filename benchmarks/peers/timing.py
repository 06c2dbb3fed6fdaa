"""One comparison with a peer."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median


class NotEqualError(AssertionError):
    """Ours and the peer's results differ, so their times say nothing."""


@dataclass(frozen=True)
class Comparison:
    """Best or median seconds of both on the same input; ``demand`` is how many times faster ours must be."""

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


def interleaved(calls: Mapping[str, Callable[[], object]], rounds: int, warm: bool = False) -> dict[str, float]:
    """Median seconds of every call over rounds in which each is made once: load of the machine meets all of them.

    One round before is not counted (it compiles). ``warm`` makes every call once more just before it is timed: where
    memory is large, none then waits for pages that the machine took back since, or gets those of the one before it.
    """
    taken: dict[str, list[float]] = {name: [] for name in calls}
    for number in range(rounds + 1):
        for name, call in calls.items():
            if warm:
                call()
            seconds = once(call)
            if number:
                taken[name].append(seconds)
    return {name: median(values) for name, values in taken.items()}


def agree(equal: bool, what: str) -> None:
    """Refuse to time results that differ.

    Raises
    ------
    NotEqualError
        unless ``equal``.
    """
    if not equal:
        raise NotEqualError(f"{what}: ours and the peer's results differ")
