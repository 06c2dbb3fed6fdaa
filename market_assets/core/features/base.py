"""What a feature family is: named columns computed from an adjusted panel."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from market_assets.core.features.bars import Bars
from market_assets.core.features.declaration import Feature
from market_assets.core.identifiers import check_name
from market_assets.core.market.panel import Floats, Panel

MAX_LOOKBACK = 126
"""No feature may need more than this many earlier bars: about half a year of sessions."""


@dataclass(frozen=True)
class Family:
    """A group of features that is computed, versioned and proven together.

    Parameters
    ----------
    name, version : identity; any change of a value needs a new version.
    names : column names, unique over the whole registry.
    lookback : earlier bars of the symbol (or sessions of the market) after which every feature is defined.
    compute : adjusted panel -> float64 of shape (n_rows, len(names)), rows as in the panel, NaN where undefined.
    describe : one line with the formula for every name.
    per_symbol : a symbol's values depend on that symbol's bars alone.
    recursive : names of exponentially weighted features. They remember beyond ``lookback`` with vanishing weight;
        all others depend on the last ``lookback + 1`` bars only.
    tier : ``core`` families may stand in any experiment; an ``optional`` one is switched on by an ablation that shows
        lift.
    features : what each feature declares, by name.
    """

    name: str
    version: str
    names: tuple[str, ...]
    lookback: int
    compute: Callable[[Panel], Floats]
    describe: Mapping[str, str]
    per_symbol: bool = False
    recursive: frozenset[str] = frozenset()
    tier: Literal["core", "optional"] = "core"
    features: Mapping[str, Feature] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_name(self.name)
        if len(set(self.names)) != len(self.names):
            raise ValueError(f"family {self.name}: feature names repeat")
        if set(self.describe) != set(self.names):
            raise ValueError(f"family {self.name}: names and descriptions differ")
        if not self.recursive <= set(self.names):
            raise ValueError(f"family {self.name}: recursive names a feature that does not exist")
        if not 0 < self.lookback <= MAX_LOOKBACK:
            raise ValueError(f"family {self.name}: lookback must be 1..{MAX_LOOKBACK}")


@dataclass(frozen=True)
class Group:
    """Features of one kind, computed from one symbol's bars; ``compute`` returns them under their names."""

    describe: Mapping[str, str]
    compute: Callable[[Bars], dict[str, Floats]]
    recursive: frozenset[str] = frozenset()


def per_symbol_family(name: str, version: str, lookback: int, groups: tuple[Group, ...]) -> Family:
    """Join groups into a family that treats every symbol by itself.

    One symbol's bars stay in the processor's nearest cache while all its features are computed.
    """
    names = tuple(column for group in groups for column in group.describe)

    def compute(panel: Panel) -> Floats:
        # feature-major storage: each feature is written and later read as one contiguous run
        out = np.empty((len(names), panel.n_rows))
        for index in range(len(panel.symbols)):
            rows = panel.rows(index)
            if rows.start == rows.stop:
                continue
            bars = Bars.of(panel, index)
            values: dict[str, Floats] = {}
            for group in groups:
                values.update(group.compute(bars))
            for position, column in enumerate(names):
                out[position, rows] = values[column]
        return out.T

    return Family(
        name=name,
        version=version,
        names=names,
        lookback=lookback,
        compute=compute,
        describe={column: text for group in groups for column, text in group.describe.items()},
        per_symbol=True,
        recursive=frozenset().union(*(group.recursive for group in groups)),
    )
