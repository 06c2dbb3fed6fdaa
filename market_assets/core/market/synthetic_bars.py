"""As-traded bars of the synthetic market: the day's range, volume, splits and dividends."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from market_assets.core.market.panel import Floats
from market_assets.core.market.synthetic_draws import Draws, Traits
from market_assets.core.market.synthetic_returns import Returns

OVERNIGHT_SHARE = 0.3
OVERNIGHT_NOISE = 0.25
WICK = 0.45
DIVIDEND_EVERY = 63
SPLIT_CHANCE = 0.03
REVERSE_BELOW = 4.0
DECIMALS = 4


@dataclass(frozen=True)
class Bars:
    """As-traded bars, each (S, N)."""

    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats
    split: Floats
    dividend: Floats


def split_ratio(previous_close: Floats, above: Floats, chance: Floats) -> Floats:
    """New shares per old share: 2 or 4 after a long rise, 1:8 for a penny stock, else 1."""
    forward = np.where(previous_close > 2.2 * above, 4.0, 2.0)
    ratio = np.where((previous_close > above) & (chance < SPLIT_CHANCE), forward, 1.0)
    return np.where(previous_close < REVERSE_BELOW, 0.125, ratio)


def simulate_bars(draws: Draws, traits: Traits, returns: Returns, visibility: float, volume_visibility: float) -> Bars:
    """Turn log total returns into as-traded bars.

    On every row ``(close * split + dividend) / previous close = exp(total return)`` up to the rounding of prices to
    ``DECIMALS``, so that corporate actions leave total returns untouched. Pressure lengthens the lower wick and
    shortens the upper one, so it shows in where the close sits in the range; and it raises volume.
    """
    sessions, symbols = returns.total.shape
    out = {name: np.empty((sessions, symbols)) for name in ("open", "close", "split", "dividend", "shares")}
    overnight = OVERNIGHT_SHARE * returns.total + OVERNIGHT_NOISE * returns.volatility * draws.bar[:, :, 0]
    gross_open, gross_close = np.exp(overnight), np.exp(returns.total)
    close, shares = traits.price, np.ones(symbols)
    for t in range(sessions):
        tradable = t > 0  # no action on the first bar: there is no earlier close it could refer to
        split = split_ratio(close, traits.split_above, draws.action[t]) if tradable else np.ones(symbols)
        due = tradable & ((t + traits.dividend_phase) % DIVIDEND_EVERY == 0) & (split == 1.0)
        dividend = np.where(due, np.round(close * traits.dividend_yield / 4, 2), 0.0)
        out["open"][t] = (close * gross_open[t] - dividend) / split
        close = (close * gross_close[t] - dividend) / split
        shares = shares * split
        out["close"][t], out["split"][t], out["dividend"][t], out["shares"][t] = close, split, dividend, shares
    tilt: Floats = np.exp(visibility * returns.pressure)
    reach: Floats = WICK * returns.volatility[:, :, None] * np.abs(draws.bar[:, :, 1:3])
    high: Floats = np.maximum(out["open"], out["close"]) * np.exp(reach[:, :, 0] / tilt)
    low: Floats = np.minimum(out["open"], out["close"]) * np.exp(-reach[:, :, 1] * tilt)
    unusual = np.abs(returns.total) / (returns.volatility + 0.01)
    volume = (
        traits.shares
        * out["shares"]
        * np.exp(0.25 * unusual + 0.35 * draws.bar[:, :, 3] + volume_visibility * returns.pressure)
    )
    return Bars(
        open=np.round(out["open"], DECIMALS),
        high=np.round(high, DECIMALS),
        low=np.round(low, DECIMALS),
        close=np.round(out["close"], DECIMALS),
        volume=np.maximum(np.round(volume), 1.0),
        split=out["split"],
        dividend=out["dividend"],
    )
