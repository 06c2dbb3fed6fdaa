"""Stress windows (F3): days of high volatility, of low liquidity, and of events, known before the return was earned."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import Field

from market_assets.core.errors import BadInputError
from market_assets.core.market.grid import PriceGrid
from market_assets.core.market.panel import Floats
from market_assets.core.spec import spec
from market_assets.core.statistics.series import as_returns
from market_assets.core.validity.card import Card, CardSpec, make_card
from market_assets.core.validity.market_state import (
    lagged,
    market_returns,
    realised_volatility,
    relative_liquidity,
    trailing_rank,
)

STRESS_VERSION = "1"
Mask = NDArray[np.bool_]


@spec
class StressSpec:
    """What counts as stress.

    Parameters
    ----------
    volatility_window, liquidity_window : sessions of the realised volatility, and of a name's usual dollar volume.
    history : sessions a value is ranked among, itself included.
    share : the most volatile, or least liquid, share of that history.
    lag : sessions from the close a state is known at to the return it is held against; 2 for rows of a backtest.
    event_lag : the same from the day of an event, which is known beforehand; 1 for rows of a backtest.
    """

    volatility_window: Annotated[int, Field(ge=2)] = 20
    liquidity_window: Annotated[int, Field(ge=2)] = 60
    history: Annotated[int, Field(ge=2)] = 252
    share: Annotated[float, Field(gt=0, lt=0.5)] = 0.1
    lag: Annotated[int, Field(ge=0)] = 2
    event_lag: Annotated[int, Field(ge=0)] = 1


@dataclass(frozen=True, eq=False)
class StressWindow:
    """Periods inside the window and periods for which that is known, both (T,)."""

    name: str
    inside: Mask
    known: Mask


@dataclass(frozen=True)
class StressCards:
    """Figures inside a window and in all other known periods."""

    inside: Card
    outside: Card


def high_values(values: Floats, history: int, share: float) -> Mask:
    """True where a value (S,) is in the highest ``share`` of the last ``history`` existing values."""
    return trailing_rank(values, history) >= 1.0 - share


def event_days(sessions: NDArray[np.datetime64], dates: ArrayLike) -> Mask:
    """True on the session (S,) of each date, or the first one after it; dates outside of the sessions are ignored."""
    days = sessions.astype("datetime64[D]")
    wanted = np.asarray(dates, dtype="datetime64[D]").ravel()
    if np.any(days[1:] < days[:-1]):
        raise BadInputError("session_order", "sessions must be in time order")
    inside = np.zeros(days.size, dtype=np.bool_)
    if days.size:
        inside[np.searchsorted(days, wanted[(wanted >= days[0]) & (wanted <= days[-1])])] = True
    return inside


def stress_windows(grid: PriceGrid, events: ArrayLike, spec: StressSpec) -> tuple[StressWindow, ...]:
    """Windows ``high volatility``, ``low liquidity`` and ``event day`` for the backtest rows of the grid's sessions.

    Row t depends on bars up to session t - ``lag`` only. Where the past is too short a row is not known, and belongs to
    neither side.

    Parameters
    ----------
    grid : adjusted prices, S sessions; volume adjusted for splits.
    events : dates known in advance, such as those of scheduled policy meetings; empty = no event day.
    """
    volatility = realised_volatility(market_returns(grid), spec.volatility_window)
    liquidity = relative_liquidity(grid.close, grid.volume, spec.liquidity_window)
    everywhere = np.ones(len(grid.sessions), dtype=np.bool_)
    ranked = {"high volatility": volatility, "low liquidity": -liquidity}
    windows = [
        StressWindow(
            name,
            lagged(high_values(values, spec.history, spec.share), spec.lag, False),
            lagged(~np.isnan(trailing_rank(values, spec.history)), spec.lag, False),
        )
        for name, values in ranked.items()
    ]
    days = lagged(event_days(grid.sessions, events), spec.event_lag, False)
    return (*windows, StressWindow("event day", days, lagged(everywhere, spec.event_lag, False)))


def stress_cards(
    returns: ArrayLike, windows: tuple[StressWindow, ...], spec: CardSpec, seed: int
) -> tuple[StressCards, ...]:
    """Figures of net returns (T,) inside and outside of each window (T,).

    Raises
    ------
    BadInputError
        rule ``window_length``: a window that is not as long as the returns.
    """
    values = as_returns(returns)
    for window in windows:
        if not values.shape == window.inside.shape == window.known.shape:
            raise BadInputError("window_length", f"window {window.name} does not have {values.size} periods")
    return tuple(
        StressCards(
            make_card(window.name, "inside", values[window.inside & window.known], spec, seed),
            make_card(window.name, "outside", values[~window.inside & window.known], spec, seed),
        )
        for window in windows
    )
