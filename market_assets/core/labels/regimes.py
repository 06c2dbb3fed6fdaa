"""Regimes known at a bar: of a symbol, of the market, of liquidity, and of a symbol's sector."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from market_assets.core.features.bars import Bars
from market_assets.core.features.elementwise import ratio
from market_assets.core.features.extremes import rolling_rank
from market_assets.core.features.layout import Layout
from market_assets.core.features.market_series import returns_grid
from market_assets.core.features.regime import session_features
from market_assets.core.features.rolling import rolling_mean, rolling_std, rolling_sum
from market_assets.core.market.panel import Floats, Panel

WINDOW, HISTORY = 20, 100
"""Bars that describe the present, and bars that it is ranked against."""

TRENDING, TURBULENT = 0.35, 0.8
"""Efficiency ratio of a trend (about 0.22 on a random walk of 20 bars), and rank of a high volatility."""

MARKET = ("bear", "sideways", "bull", "high volatility")
NAMES = {
    "behaviour": ("mean reversion", "trend", "high volatility"),
    "market": MARKET,
    "liquidity": ("thin", "normal", "deep"),
    "sector_rotation": ("lagging", "middle", "leading"),
}
"""Regimes of every kind, in the order of their codes."""
RegimeKind = Literal["behaviour", "market", "liquidity", "sector_rotation"]


@dataclass(frozen=True, eq=False)
class Regimes:
    """Code (n_rows,) of every row into ``names``; -1 where the past is too short, and on symbols not traded."""

    names: tuple[str, ...]
    code: NDArray[np.int8]


def behaviour(panel: Panel, window: int = WINDOW, history: int = HISTORY) -> Regimes:
    """Mean reversion, trend or high volatility of each symbol.

    High volatility: the standard deviation of ``window`` log returns ranks at or above 0.8 among its last ``history``
    values. Otherwise trend: the net move is at least 0.35 of the path (Kaufman's efficiency ratio).
    """

    def of(bars: Bars) -> Floats:
        ret = np.ascontiguousarray(bars.ret)
        rank = rolling_rank(rolling_std(ret, window), history)
        path = rolling_sum(np.abs(ret), window)
        straight = ratio(np.abs(rolling_sum(ret, window)), path) >= TRENDING
        return np.where(np.isnan(rank), np.nan, np.where(rank >= TURBULENT, 2.0, straight))

    return Regimes(NAMES["behaviour"], _by_symbol(panel, of))


def market(panel: Panel) -> Regimes:
    """Bear, sideways, bull or high volatility of the market on the session, the same for every symbol.

    High volatility is the upper third of the market's volatility ranks, the rest is its trend; see ``state_trend`` and
    ``state_volatility`` of the regime features.
    """
    layout = Layout.of(panel)
    if not layout.tradable.size or not panel.n_rows:
        return Regimes(MARKET, np.full(panel.n_rows, -1, np.int8))
    states = session_features(layout)
    trend, volatility = states["state_trend"], states["state_volatility"]
    code = np.where(volatility == 2.0, 3.0, trend + 1.0)
    return Regimes(MARKET, _coded(np.where(np.isnan(trend + volatility), np.nan, code)[layout.session], panel))


def liquidity(panel: Panel, window: int = WINDOW, history: int = HISTORY) -> Regimes:
    """Thin, normal or deep: third of the mean dollar volume of ``window`` bars among its last ``history`` values."""

    def of(bars: Bars) -> Floats:
        return _thirds(rolling_rank(rolling_mean(bars.close * bars.volume, window), history))

    return Regimes(NAMES["liquidity"], _by_symbol(panel, of))


def sector_rotation(panel: Panel, window: int = 60) -> Regimes:
    """Lagging, middle or leading: third of a symbol's sector by the mean log return of its names over ``window``.

    Sectors without a name count for nobody; with fewer than two sectors on a session there is no regime.
    """
    layout = Layout.of(panel)
    returns = returns_grid(layout)
    sectors = sorted({panel.sectors[i] for i in layout.tradable} - {""})
    sums = np.column_stack([rolling_sum(np.ascontiguousarray(column), window) for column in returns.T] or [[]])
    code = np.full((layout.n_sessions, len(panel.symbols)), np.nan)
    if len(sectors) > 1 and sums.size:
        members = [np.flatnonzero([panel.sectors[i] == name for i in layout.tradable]) for name in sectors]
        means = np.column_stack([_mean(sums[:, own]) for own in members])
        below = (means[:, :, None] > means[:, None, :]).sum(axis=2) + 0.5 * (
            (means[:, :, None] == means[:, None, :]).sum(axis=2) - 1
        )
        rivals = (~np.isnan(means)).sum(axis=1, keepdims=True) - 1
        rank = np.where(np.isnan(means) | (rivals < 1), np.nan, below / np.maximum(rivals, 1))
        for number, own in enumerate(members):
            code[:, layout.tradable[own]] = _thirds(rank[:, number])[:, None]
    return Regimes(NAMES["sector_rotation"], _coded(code[layout.session, layout.symbol], panel))


REGIMES: dict[str, Callable[[Panel], Regimes]] = {
    "behaviour": behaviour,
    "market": market,
    "liquidity": liquidity,
    "sector_rotation": sector_rotation,
}
"""Every regime by name; a new one is tested by being listed."""


def _mean(values: Floats) -> Floats:
    """Row means of what is known, NaN where nothing is."""
    known = ~np.isnan(values)
    count = known.sum(axis=1)
    return np.where(count > 0, np.where(known, values, 0.0).sum(axis=1) / np.maximum(count, 1), np.nan)


def _thirds(rank: Floats) -> Floats:
    """0, 1 or 2 by the third of a rank in 0..1; NaN stays."""
    return np.where(np.isnan(rank), np.nan, (rank > 1.0 / 3.0).astype(np.float64) + (rank >= 2.0 / 3.0))


def _by_symbol(panel: Panel, of: Callable[[Bars], Floats]) -> NDArray[np.int8]:
    """Codes of every traded symbol from its own bars."""
    code = np.full(panel.n_rows, np.nan)
    for index, kind in enumerate(panel.kinds):
        if kind != "level" and panel.offsets[index + 1] > panel.offsets[index]:
            code[panel.rows(index)] = of(Bars.of(panel, index))
    return _coded(code, panel)


def _coded(code: Floats, panel: Panel) -> NDArray[np.int8]:
    """Codes as whole numbers, -1 for NaN and on symbols that are not traded."""
    traded = np.repeat([kind != "level" for kind in panel.kinds], np.diff(panel.offsets))
    return np.where(np.isnan(code) | ~traded, -1.0, code).astype(np.int8)
