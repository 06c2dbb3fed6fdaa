"""Families that read side series: each series as of the bar's close, unknown once it is older than a stated limit."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from market_assets.core.features.bars import Bars
from market_assets.core.features.base import Family
from market_assets.core.features.declaration import Feature
from market_assets.core.features.elementwise import ratio
from market_assets.core.features.rolling import rolling_mean, rolling_std
from market_assets.core.features.since import from_window
from market_assets.core.market.panel import Floats, Panel

PREFIX = "side:"
Series = Mapping[str, Floats]
"""Side series by name, each of shape (n,), on the bars of one symbol."""


def side_series(family: Family) -> frozenset[str]:
    """Names of the side series that the features of a family declare; empty for a family of bars alone."""
    inputs = {name for feature in family.features.values() for name in feature.inputs}
    return frozenset(name.removeprefix(PREFIX) for name in inputs if name.startswith(PREFIX))


def has_data(family: Family, panel: Panel) -> bool:
    """False where a family declares side series and the panel holds none of them."""
    wanted = side_series(family)
    return not wanted or (panel.side is not None and not wanted.isdisjoint(panel.side.names))


def zscore(x: Floats, window: int) -> Floats:
    """(x - mean) / standard deviation of the window; NaN where the window is constant."""
    return ratio(x - rolling_mean(x, window), rolling_std(x, window))


def side_family(
    name: str,
    version: str,
    features: Mapping[str, Feature],
    limits: Mapping[str, float],
    compute: Callable[[Bars, Series], Mapping[str, Floats]],
) -> Family:
    """An optional family that treats every symbol by itself, with the side series it reads.

    Parameters
    ----------
    features : what each feature declares, in the order of the columns.
    limits : side series that are read, and the age in days beyond which a figure counts as unknown.
    compute : bars of one symbol and the series on them -> features by name.
    """

    def whole(panel: Panel) -> Floats:
        out = np.full((panel.n_rows, len(features)), np.nan)
        if panel.side is None or panel.side.n_rows == 0:
            return out
        for index, symbol in enumerate(panel.symbols):
            rows = panel.rows(index)
            if rows.start == rows.stop:
                continue
            series = {}
            for one, limit in limits.items():
                value, age = panel.side.as_of(one, symbol, panel.ts[rows])
                series[one] = np.where(age <= limit, value, np.nan)
            values = compute(Bars.of(panel, index), series)
            for column, feature in enumerate(features):
                out[rows, column] = values[feature]
        return out

    lookback = max(feature.reach for feature in features.values())
    return Family(name, version, features, whole, per_symbol=True, tier="optional", since=from_window(whole, lookback))
