"""A family whose formulas are traced once and run as one tape, symbol by symbol."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from market_assets.core.features.bars import Bars
from market_assets.core.features.base import Family, Group
from market_assets.core.features.fused import kernel
from market_assets.core.features.fused.tape import Tape, make_tape
from market_assets.core.features.fused.trace import Trace
from market_assets.core.market.panel import Floats, Panel
from market_assets.core.symbol_threads import THREADS, over_symbols


class Tapes:
    """The tapes of a family: all columns, those of windows, and those that remember. Made when first asked for."""

    def __init__(self, groups: Sequence[Group]) -> None:
        self.groups = groups
        self.names = tuple(column for group in groups for column in group.features)

    @cached_property
    def _traced(self) -> tuple[Trace, dict[str, int]]:
        trace = Trace()
        inputs: list[Any] = [trace.value(kernel.COLUMN, first=number) for number, _ in enumerate(fields(Bars))]
        bars = Bars(*inputs)
        places: dict[str, Any] = {}
        for group in self.groups:
            places.update(group.values(bars))
        return trace, {name: places[name].place for name in self.names}

    def _of(self, chosen: Sequence[str]) -> Tape:
        trace, places = self._traced
        return make_tape(trace, {name: places[name] for name in chosen})

    def _names(self, recursive: bool) -> list[str]:
        declared = {name: one for group in self.groups for name, one in group.features.items()}
        return [name for name, one in declared.items() if one.recursive == recursive]

    @cached_property
    def whole(self) -> Tape:
        return self._of(self.names)

    @cached_property
    def windows(self) -> Tape:
        return self._of(self._names(recursive=False))

    @cached_property
    def remembering(self) -> Tape:
        return self._of(self._names(recursive=True))


def play(tape: Tape, bars: Bars) -> Floats:
    """Columns of a tape on some bars, shape (k, n)."""
    n = bars.close.size
    memory = np.empty(tape.slots * n)
    kernel.run(tape.code, tape.numbers, np.arange(tape.slots) * n, _columns(bars), memory)
    return memory[: len(tape.columns) * n].reshape(len(tape.columns), n)


def _columns(bars: Bars) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    return bars.open, bars.high, bars.low, bars.close, bars.volume


def fused_family(name: str, version: str, groups: tuple[Group, ...]) -> Family:
    """As ``per_symbol_family``, from one tape instead of one call an operation: values differ by rounding alone.

    Raises
    ------
    ValueError
        when two groups share a feature name.
    """
    tapes = Tapes(groups)
    names = tapes.names
    if len(set(names)) != len(names):
        raise ValueError(f"family {name}: feature names repeat")
    lookback = max(feature.reach for group in groups for feature in group.features.values())

    def compute(panel: Panel) -> Floats:
        tape, rows = tapes.whole, panel.n_rows
        longest = int(np.diff(panel.offsets).max(initial=0))
        # feature-major storage: each feature is written and later read as one contiguous run; scratch lies behind
        kept, spare = len(names) * rows, (tape.slots - len(names)) * longest
        memory = np.empty(kept + THREADS * spare)
        number = np.arange(tape.slots)
        step = (number < len(names)).astype(np.int64)

        def work(run: int, low: int, high: int) -> None:
            scratch = kept + run * spare + (number - len(names)) * longest
            places = np.where(number < len(names), number * rows, scratch)
            for index in range(low, high):
                start = panel.rows(index).start
                kernel.run(tape.code, tape.numbers, places + step * start, _columns(Bars.of(panel, index)), memory)

        over_symbols(panel.offsets, work)
        return memory[:kept].reshape(len(names), rows).T

    def since(panel: Panel, first: NDArray[np.int64]) -> Floats:
        counts = panel.offsets[1:] - first
        ends = np.cumsum(counts)
        out = np.empty((len(names), int(counts.sum())))
        recent = [position for position, column in enumerate(names) if column in tapes.windows.columns]
        others = [position for position, column in enumerate(names) if column in tapes.remembering.columns]
        for index, count in enumerate(counts.tolist()):
            if not count:
                continue
            bars = Bars.of(panel, index)
            rows = slice(ends[index] - count, ends[index])
            out[recent, rows] = play(tapes.windows, bars.last(count + lookback))[:, -count:]
            if others:
                out[others, rows] = play(tapes.remembering, bars)[:, -count:]
        return out.T

    return Family(
        name=name,
        version=version,
        features={column: feature for group in groups for column, feature in group.features.items()},
        compute=compute,
        per_symbol=True,
        since=since,
    )
