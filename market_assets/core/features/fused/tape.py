"""A trace made ready to run: what is needed, in order, with a slot of memory for every value."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from market_assets.core.features.fused import kernel as k
from market_assets.core.features.fused.trace import NO_NUMBER, Operation, Trace

Steps = list[dict[int, Operation]]
"""Operations by place, in order; those of one step are one line of the tape."""


@dataclass(frozen=True, eq=False)
class Tape:
    """What ``kernel.run`` reads: slot j holds the column ``columns[j]``, the slots after them are scratch."""

    columns: tuple[str, ...]
    code: NDArray[np.int64]
    numbers: NDArray[np.float64]
    slots: int


def make_tape(trace: Trace, columns: Mapping[str, int]) -> Tape:
    """A tape that computes operations of a trace, given by their places under the names of columns."""
    wanted = frozenset(columns.values())
    steps = quotients_merged(ordered(trace, wanted), wanted)
    slot: dict[int, int] = {}
    for number, place in enumerate(columns.values()):
        slot.setdefault(place, number)
    last = {read: line for line, step in enumerate(steps) for read in _reads(step)}
    writer = _Writer(len(columns), slot, last)
    for line, step in enumerate(steps):
        writer.write(line, step)
    for number, place in enumerate(columns.values()):
        if slot[place] != number:
            writer.add(k.ADD_NUMBER, [number], [slot[place]], [0], [NO_NUMBER])
    return Tape(
        tuple(columns),
        np.array(writer.code, dtype=np.int64).reshape(-1, 1 + k.WRITES + k.READS + k.WHOLES),
        np.array(writer.numbers).reshape(-1, k.WHOLES),
        max(writer.slots, len(columns)),
    )


def needed(trace: Trace, wanted: Iterable[int]) -> list[int]:
    """Operations that the wanted ones rest on, in the order in which they were written down."""
    found: set[int] = set()
    waiting = list(wanted)
    while waiting:
        place = waiting.pop()
        if place not in found:
            found.add(place)
            waiting.extend(trace.operations[place].reads)
    return sorted(found)


def together(trace: Trace, places: list[int]) -> dict[int, tuple[int, ...]]:
    """Operations that are one line of the tape, by each of them.

    These are the two values of one operation, and exponential means that do not rest on each other: those of one depth.
    """
    operations = trace.operations
    found = {operations[place].reads[0]: place for place in places if operations[place].code == k.SECOND}
    lines: dict[int, tuple[int, ...]] = {place: pair for pair in found.items() for place in pair}
    depth: dict[int, int] = {}
    for place in places:
        one = operations[place]
        depth[place] = max((depth[read] for read in one.reads), default=0) + (one.code == k.FORGET)
    for level in sorted(set(depth.values())):
        means = [place for place in places if operations[place].code == k.FORGET and depth[place] == level]
        for first in range(0, len(means), k.LANES):
            group = tuple(means[first : first + k.LANES])
            lines.update(dict.fromkeys(group, group))
    return lines


def ordered(trace: Trace, wanted: Iterable[int]) -> Steps:
    """Steps of a tape, each after those it reads."""
    places = needed(trace, wanted)
    lines = together(trace, places)
    operations = trace.operations
    steps: Steps = []
    done: set[int] = set()

    def add(place: int) -> None:
        if place in done:
            return
        group = lines.get(place, (place,))
        step = {member: operations[member] for member in group}
        for read in _reads(step):
            add(read)
        steps.append(step)
        done.update(group)

    for place in places:
        add(place)
    return steps


def quotients_merged(steps: Steps, wanted: frozenset[int]) -> Steps:
    """A quotient that is read only to add a number to it takes the number along."""
    operations = {place: one for step in steps for place, one in step.items()}
    uses = Counter(read for one in operations.values() for read in one.reads)
    gone = set()
    for place, one in list(operations.items()):
        read = one.reads[0] if one.code == k.ADD_NUMBER else -1
        if read >= 0 and operations[read].code == k.RATIO and uses[read] == 1 and read not in wanted:
            operations[place] = operations[read]._replace(number=one.number)
            gone.add(read)
    return [{place: operations[place] for place in step} for step in steps if not gone.intersection(step)]


def _reads(step: Mapping[int, Operation]) -> list[int]:
    """What a step reads that it does not write itself."""
    return [read for one in step.values() for read in one.reads if read not in step]


@dataclass
class _Writer:
    """Writes the lines of a tape and deals out its slots; the first ``columns`` of them are given in ``slot``."""

    columns: int
    slot: dict[int, int]
    last: Mapping[int, int]
    """Line that reads a value last."""
    code: list[list[int]] = field(default_factory=list)
    numbers: list[list[float]] = field(default_factory=list)
    free: list[int] = field(default_factory=list)
    slots: int = 0

    def add(self, op: int, writes: list[int], reads: list[int], whole: list[int], numbers: list[float]) -> None:
        """One line; where there is less than its width holds, the last of each is repeated."""
        parts = (writes, reads or writes, whole, numbers)
        widths = (k.WRITES, k.READS, k.WHOLES, k.WHOLES)
        *ints, reals = ([*part, *[part[-1]] * (w - len(part))] for part, w in zip(parts, widths, strict=True))
        self.code.append([op, *(int(value) for part in ints for value in part)])
        self.numbers.append(reals)

    def take(self) -> int:
        """A slot that nobody needs any more, or a new one."""
        self.slots = max(self.slots, self.columns)
        if self.free:
            return self.free.pop()
        self.slots += 1
        return self.slots - 1

    def write(self, line: int, step: Mapping[int, Operation]) -> None:
        """The line of a step. A value never takes the slot of what it is made of: loops would not vectorise."""
        one = next(iter(step.values()))
        for place in step:
            if place not in self.slot:
                self.slot[place] = self.take()
        writes, read = [self.slot[place] for place in step], _reads(step)
        spare = [self.take()] if one.code in (k.POWERS, k.SHAPE, k.LINE) and len(step) == 1 else []
        whole = [member.first for member in step.values()] if one.code == k.FORGET else [one.first, one.second]
        numbers = [float(member.number) for member in step.values()]
        self.add(one.code, writes + spare, [self.slot[place] for place in read], whole, numbers)
        done = [self.slot[place] for place in dict.fromkeys(read) if self.last[place] == line]
        self.free += [slot for slot in done if slot >= self.columns] + spare
