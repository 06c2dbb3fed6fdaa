"""What a feature family is: named columns computed from an adjusted panel."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from market_assets.core.features.bars import Bars
from market_assets.core.features.declaration import Feature
from market_assets.core.identifiers import check_name
from market_assets.core.market.panel import Floats, Panel

MAX_LOOKBACK = 126
"""No feature may need more than this many earlier bars: about half a year of sessions."""

Since = Callable[[Panel, NDArray[np.int64]], Floats]
"""Adjusted panel and, for each symbol, the first row wanted -> values of the wanted rows; see ``since.py``."""


@dataclass(frozen=True)
class Family:
    """A group of features that is computed, versioned and proven together.

    Parameters
    ----------
    name, version : identity; any change of a value needs a new version.
    features : what each feature declares, by name, in the order of the columns; names are unique over the registry.
    compute : adjusted panel -> float64 of shape (n_rows, len(features)), rows as in the panel, NaN where undefined.
    per_symbol : a symbol's values depend on that symbol's bars alone.
    tier : ``core`` families may stand in any experiment; an ``optional`` one is switched on by an ablation that shows
        lift.
    since : gives the newest rows of every symbol alone, byte-equal to ``compute``; None = there is no shorter way.
    """

    name: str
    version: str
    features: Mapping[str, Feature]
    compute: Callable[[Panel], Floats]
    per_symbol: bool = False
    tier: Literal["core", "optional"] = "core"
    since: Since | None = None

    def __post_init__(self) -> None:
        check_name(self.name)
        if not self.features:
            raise ValueError(f"family {self.name}: no feature is declared")
        if far := [name for name, feature in self.features.items() if feature.reach > MAX_LOOKBACK]:
            raise ValueError(f"family {self.name}: {', '.join(far)} look back more than {MAX_LOOKBACK} bars")

    @property
    def names(self) -> tuple[str, ...]:
        """Column names, in order."""
        return tuple(self.features)

    @property
    def lookback(self) -> int:
        """Earlier bars of the symbol (or sessions of the market) after which every feature is defined."""
        return max(feature.reach for feature in self.features.values())

    @property
    def recursive(self) -> frozenset[str]:
        """Names of exponentially weighted features; all others depend on the last ``lookback + 1`` bars only."""
        return frozenset(name for name, feature in self.features.items() if feature.recursive)


@dataclass(frozen=True)
class Group:
    """Features of one kind, computed from one symbol's bars; ``compute`` returns them under their names.

    Where ``recall`` is given, it returns the recursive ones and ``compute`` the others, so that for the newest rows
    only what remembers needs all bars.
    """

    features: Mapping[str, Feature]
    compute: Callable[[Bars], dict[str, Floats]]
    recall: Callable[[Bars], dict[str, Floats]] | None = None

    def values(self, bars: Bars, recent: Bars | None = None) -> dict[str, Floats]:
        """Every feature, of ``recent`` bars or, where it remembers, of all ``bars``; both end with the same bar."""
        recent = bars if recent is None else recent
        if self.recall is None:
            return self.compute(bars if any(one.recursive for one in self.features.values()) else recent)
        return {**self.compute(recent), **self.recall(bars)}


def per_symbol_family(name: str, version: str, groups: tuple[Group, ...]) -> Family:
    """Join groups into a family that treats every symbol by itself.

    One symbol's bars stay in the processor's nearest cache while all its features are computed.

    Raises
    ------
    ValueError
        when two groups share a feature name.
    """
    names = tuple(column for group in groups for column in group.features)
    if len(set(names)) != len(names):
        raise ValueError(f"family {name}: feature names repeat")

    lookback = max(feature.reach for group in groups for feature in group.features.values())

    def since(panel: Panel, first: NDArray[np.int64]) -> Floats:
        counts = panel.offsets[1:] - first
        ends = np.cumsum(counts)
        # feature-major storage: each feature is written and later read as one contiguous run
        out = np.empty((len(names), int(counts.sum())))
        for index, count in enumerate(counts.tolist()):
            if not count:
                continue
            bars = Bars.of(panel, index)
            recent = bars.last(count + lookback)
            values: dict[str, Floats] = {}
            for group in groups:
                values.update(group.values(bars, recent))
            for position, column in enumerate(names):
                out[position, ends[index] - count : ends[index]] = values[column][-count:]
        return out.T

    def compute(panel: Panel) -> Floats:
        return since(panel, panel.offsets[:-1])

    return Family(
        name=name,
        version=version,
        features={column: feature for group in groups for column, feature in group.features.items()},
        compute=compute,
        per_symbol=True,
        since=since,
    )
