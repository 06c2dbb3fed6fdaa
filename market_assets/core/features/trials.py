"""What the leakage proof recomputes: parts of the panel around a cut, each with its future changed.

A leak sits in code, and code treats every symbol and every date alike, so a part of the panel shows it; which part is
drawn anew for every snapshot. What a part may hide is what a leak needs to see: a far future, the end of the data, a
symbol that comes later. Therefore the first cut, which has the longest future, is tried on whole histories: of a
symbol that begins later, of one that ends, of one with gaps, of a few drawn ones, and of everything that is not an
equity, since the families choose their market and fear gauge among those (decision 0007). Later cuts are tried on
windows: a look-back and a month before the cut, a month after it, so that dropping the future is appending a month,
read backwards.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from market_assets.core.errors import NotEnoughDataError
from market_assets.core.features.base import MAX_LOOKBACK, Family
from market_assets.core.features.perturb import VARIANTS
from market_assets.core.market.adjust import adjust
from market_assets.core.market.panel import Panel
from market_assets.core.market.side import SideTable

Mask = NDArray[np.bool_]
MONTH = 21
BEHIND, AHEAD = MAX_LOOKBACK + MONTH, MONTH
"""Sessions of a window before its cut, and after it."""
EQUITIES, ALONE, ONE_OF = 4, 2, 32
"""Equities of a trial: so many, fewer where symbols are computed one by one, one of 32 of a large universe."""


@dataclass(frozen=True, eq=False)
class Changed:
    """A changed panel, adjusted, and the rows of it that must keep their values."""

    variant: str
    panel: Panel
    past: Mask


@dataclass(frozen=True, eq=False)
class Trial:
    """One cut on one part of the panel: the clean part, adjusted, its rows up to the cut, and the changed parts."""

    cut: np.datetime64
    scope: str
    panel: Panel
    past: Mask
    changed: tuple[Changed, ...]

    @property
    def rows(self) -> int:
        """Bars that a family computes for this trial."""
        return self.panel.n_rows + sum(one.panel.n_rows for one in self.changed)

    @cached_property
    def sessions(self) -> int:
        """Sessions of the part."""
        return len(np.unique(self.panel.ts))


class Trials:
    """All trials of a proof, made and adjusted once for all families.

    Parameters
    ----------
    raw_panel : bars as traded. Raw bars are changed, so that the adjustment stands trial together with the features.
    cuts : times; rows with ``ts <= cut`` must not change when later rows do.
    seed : of the noise and of the choice of symbols.
    adjustment : raw panel -> adjusted panel.

    Raises
    ------
    NotEnoughDataError
        when there is no cut, or a cut has no bars on one side.
    """

    def __init__(
        self,
        raw_panel: Panel,
        cuts: Sequence[np.datetime64],
        seed: int,
        adjustment: Callable[[Panel], Panel] = adjust,
    ) -> None:
        if not len(cuts):
            raise NotEnoughDataError("the leakage proof got no cuts")
        self.raw, self.cuts, self.seed, self.adjustment = raw_panel, tuple(sorted(cuts)), seed, adjustment
        self.sessions, self._number = raw_panel.sessions()
        self._code = raw_panel.symbol_codes()
        for cut in self.cuts:
            if not self.sessions[0] <= cut < self.sessions[-1]:
                raise NotEnoughDataError(f"cut {cut} of the leakage proof needs bars on both sides")
        self._made: dict[int, tuple[Trial, ...]] = {}
        self._sides: dict[tuple[int, str, np.datetime64], SideTable] = {}
        self._order = _pairs(raw_panel, self._generator(len(self.cuts)))

    def of(self, family: Family) -> tuple[Trial, ...]:
        """One trial a cut: the first on whole histories, the others on windows."""
        least = ALONE if family.per_symbol else EQUITIES
        if least not in self._made:
            self._made[least] = tuple(self._part(number, least) for number in range(len(self.cuts)))
        return self._made[least]

    @cached_property
    def everything(self) -> Trial:
        """The last cut on every symbol and session, for features that no part of the panel defines."""
        return self._trial(len(self.cuts) - 1, "everything", self.raw)

    def _generator(self, number: int) -> np.random.Generator:
        day = int(self.sessions[-1].astype("datetime64[D]").astype(np.int64))
        return np.random.Generator(np.random.PCG64([self.seed, number, abs(day)]))

    def _part(self, number: int, least: int) -> Trial:
        last = int(np.searchsorted(self.sessions, self.cuts[number], side="right")) - 1
        if number == 0:
            return self._trial(number, "whole history", self.raw.select(self._symbols(number, least, slice(None))))
        begin, end = max(0, last - BEHIND), min(last + AHEAD, len(self.sessions) - 1)
        inside = (self._number >= begin) & (self._number <= end)
        part = self.raw.select(self._symbols(number, least, inside))
        return self._trial(
            number, "window", part.take((part.ts >= self.sessions[begin]) & (part.ts <= self.sessions[end]))
        )

    def _symbols(self, number: int, least: int, inside: Mask | slice) -> list[str]:
        """Everything that is no equity, and some equities with bars ``inside``, other ones for every cut."""
        panel = self.raw
        there = np.bincount(self._code[inside], minlength=len(panel.symbols)) > 0
        others = [name for name, kind in zip(panel.symbols, panel.kinds, strict=True) if kind != "equity"]
        order = [index for index in self._order if there[index]]
        size = min(len(order), max(least, len(order) // ONE_OF))
        chosen = (order[number * size :] + order)[:size]
        odd = self._odd() if number == 0 else []
        return [*others, *(panel.symbols[index] for index in dict.fromkeys([*odd, *chosen]))]

    def _odd(self) -> list[int]:
        """An equity that begins after the first cut, one that ends between it and the last session, one with gaps."""
        found = []
        spans = [(index, self.raw.ts[self.raw.rows(index)]) for index in self._order]
        for rule in (
            lambda ts: ts[0] > self.cuts[0],
            lambda ts: self.cuts[0] < ts[-1] < self.sessions[-1],
            lambda ts: np.searchsorted(self.sessions, ts[-1]) - np.searchsorted(self.sessions, ts[0]) >= ts.size,
        ):
            found += [index for index, ts in spans if ts.size and rule(ts)][:1]
        return found

    def _trial(self, number: int, scope: str, raw: Panel) -> Trial:
        future = raw.ts > self.cuts[number]
        now = raw.ts[~future].max(initial=self.sessions[0])
        changed = []
        for place, variant in enumerate(("noise_and_scale", "extension" if scope == "window" else "deletion")):
            rng = np.random.Generator(np.random.PCG64([self.seed, number, place]))
            bars = VARIANTS[variant].bars(raw, future, rng)
            other = replace(bars, side=self._side(number, variant, now))
            changed.append(Changed(variant, self.adjustment(other), other.ts <= self.cuts[number]))
        return Trial(self.cuts[number], scope, self.adjustment(raw), ~future, tuple(changed))

    def _side(self, number: int, variant: str, now: np.datetime64) -> SideTable | None:
        """Side series of which no more is known than at ``now``, the last bar of a part up to the cut.

        Parts of one cut whose last bars are as old share them. Revisions come with the first session after the cut.
        """
        side, key = self.raw.side, (number, variant, now)
        if side is None or side.n_rows == 0:
            return side
        if key not in self._sides:
            then = self.sessions[np.searchsorted(self.sessions, self.cuts[number], side="right")]
            rng = np.random.Generator(np.random.PCG64([self.seed, number, len(VARIANTS)]))
            self._sides[key] = VARIANTS[variant].side(side, now, then, rng)
        return self._sides[key]


def _pairs(panel: Panel, rng: np.random.Generator) -> list[int]:
    """Equities in random order, two of a sector side by side as long as there are two: sector features need company."""
    equities = [index for index, kind in enumerate(panel.kinds) if kind == "equity"]
    sectors: dict[str, list[int]] = {}
    for place in rng.permutation(len(equities)):
        index = equities[int(place)]
        sectors.setdefault(panel.sectors[index], []).append(index)
    couples = [members[k : k + 2] for members in sectors.values() for k in range(0, len(members), 2)]
    mixed = [couples[int(place)] for place in rng.permutation(len(couples))]
    return [index for couple in sorted(mixed, key=len, reverse=True) for index in couple]
