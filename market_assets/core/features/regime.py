"""The regime family (C5): the state of the market on each session, the same for every symbol.

On each session the market is the first ``index`` symbol that has a value, otherwise the equal-weight mean return of
the tradable symbols. The fear gauge is the first ``level`` symbol that has a value, otherwise a proxy: EWMA market
volatility (decay 0.94) x sqrt(252) x 100. The choice is made session by session, so a gauge that begins later changes
nothing before its first bar.
Sources: Inclan & Tiao (1994) for the variance break; Brown, Durbin & Evans (1975) for the
cumulative sums; Pollet & Wilson (2010) for average correlation; Zweig (1986) for breadth.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from market_assets.core.features.base import Family
from market_assets.core.features.layout import Layout
from market_assets.core.features.market_series import Series, carry, closes_of_kind, mean_level, prefer, returns_grid
from market_assets.core.features.regime_breadth import FEATURES_BREADTH, breadth_features
from market_assets.core.features.regime_market import (
    FEATURES_FEAR,
    FEATURES_MARKET,
    fear_features,
    fear_premium,
    fear_proxy,
    market_features,
)
from market_assets.core.features.since import rows_since
from market_assets.core.market.panel import Floats, Panel

FEATURES = {**FEATURES_MARKET, **FEATURES_FEAR, **FEATURES_BREADTH}
NAMES = tuple(FEATURES)


def session_features(layout: Layout) -> dict[str, Floats]:
    """All regime features by session, each of shape (n_sessions,)."""
    n = layout.n_sessions
    returns = returns_grid(layout)

    def on_sessions(series: Series, features: Callable[[Floats], dict[str, Floats]]) -> dict[str, Floats]:
        return {name: carry(series.session, column, n) for name, column in features(series.values).items()}

    markets = [*closes_of_kind(layout, "index"), mean_level(returns)]
    gauges = [*closes_of_kind(layout, "level"), *(fear_proxy(market) for market in markets)]
    values = prefer([on_sessions(market, market_features) for market in markets])
    values.update(prefer([on_sessions(gauge, fear_features) for gauge in gauges]))
    values["fear_premium_20"] = fear_premium(values["fear_level"], values["market_std_20"])
    session, columns = breadth_features(layout, returns)
    values.update({name: carry(session, column, n) for name, column in columns.items()})
    return values


def since(panel: Panel, first: NDArray[np.int64]) -> Floats:
    """The regime features of the newest rows.

    The sessions are all worked through: the fear gauge and the compounded market level remember their first day. What
    is saved is the table of rows, since every symbol of a session has the same values.
    """
    wanted = rows_since(panel, first)
    out = np.full((len(NAMES), int(wanted.sum())), np.nan)
    layout = Layout.of(panel)
    if layout.tradable.size and out.size:
        values = session_features(layout)
        session = layout.session[wanted]
        for position, name in enumerate(NAMES):
            out[position] = values[name][session]
    return out.T


def compute(panel: Panel) -> Floats:
    """All regime features, shape (n_rows, len(NAMES)); every symbol of a session gets the same values."""
    return since(panel, panel.offsets[:-1])


REGIME = Family(name="regime", version="2", features=FEATURES, compute=compute, since=since)
