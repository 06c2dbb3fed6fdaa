"""The whole zoo, group by group."""

from __future__ import annotations

from benchmarks.zoo import execution, features, fitted, folds, labels, point_in_time, universe
from benchmarks.zoo.entry import Entry

ZOO: tuple[Entry, ...] = tuple(
    entry for room in (features, labels, fitted, folds, execution, point_in_time, universe) for entry in room.ENTRIES
)
