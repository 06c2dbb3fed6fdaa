"""Rules about prices and volume within a bar and from bar to bar."""

from __future__ import annotations

import numpy as np

from market_assets.core.market.panel import PRICE_COLUMNS, Floats
from market_assets.core.quality.findings import Bars, Mask, RuleResult, by_mask
from market_assets.core.quality.policy import QualityPolicy


def ohlc_logic(bars: Bars, _policy: QualityPolicy) -> RuleResult:
    """High is the largest and low the smallest of the four prices; NaN breaks the rule."""
    sound = (bars.high >= np.maximum(bars.open, bars.close)) & (bars.low <= np.minimum(bars.open, bars.close))
    sound &= bars.high >= bars.low
    return by_mask(
        "ohlc_logic",
        bars,
        ~sound,
        lambda i: f"open {bars.open[i]:g}, high {bars.high[i]:g}, low {bars.low[i]:g}, close {bars.close[i]:g}",
    )


def positive_prices(bars: Bars, _policy: QualityPolicy) -> RuleResult:
    """Every price is finite and above zero."""
    prices = np.stack([getattr(bars, name) for name in PRICE_COLUMNS])
    bad: Mask = np.logical_or.reduce(~(np.isfinite(prices) & (prices > 0)), axis=0)
    return by_mask("positive_prices", bars, bad, lambda i: f"prices {', '.join(f'{p:g}' for p in prices[:, i])}")


def zero_volume(bars: Bars, policy: QualityPolicy) -> RuleResult:
    """Trading days without volume, or with a volume that is not a finite number above zero."""
    bad = ~(np.isfinite(bars.volume) & (bars.volume > 0))
    return by_mask("zero_volume", bars, bad, lambda i: f"volume {bars.volume[i]:g}", policy.max_zero_volume)


def longest_run(same: Floats) -> tuple[int, int]:
    """Length in bars and last position of the longest run; ``same[i]`` says that bar i + 1 repeats bar i."""
    length = best = last = 0
    for position, repeats in enumerate(same.tolist(), start=1):
        length = length + 1 if repeats else 0
        if length > best:
            best, last = length, position
    return best + 1, last


def stale_feed(bars: Bars, policy: QualityPolicy) -> RuleResult:
    """Longest run of bars that repeat all four prices: a feed that froze. A level's run counts alike."""
    prices = np.stack([getattr(bars, name) for name in PRICE_COLUMNS])
    run, last = longest_run((prices[:, 1:] == prices[:, :-1]).all(axis=0))
    text = f"{bars.ts[last].astype('datetime64[D]')}: end of {run} equal bars in a row" if run > 1 else ""
    return RuleResult(
        "stale_feed", "error", run, run / len(bars.ts), policy.max_stale_run, run <= policy.max_stale_run, text
    )


def total_returns(bars: Bars) -> Floats:
    """Simple total return of each bar, (n,), 0 on the first; NaN where a price is not positive.

    ``(close * split + dividend) / previous close - 1``.
    """
    out = np.zeros(len(bars.close))
    before, after = bars.close[:-1], bars.close[1:] * bars.split[1:] + bars.dividend[1:]
    sound = (before > 0) & (bars.close[1:] > 0)
    out[1:] = np.divide(after, before, out=np.full(len(before), np.nan), where=sound) - 1
    return out


def extreme_moves(bars: Bars, policy: QualityPolicy) -> RuleResult:
    """One-session total returns beyond the limit, corporate actions already taken out. May be real: to be reviewed."""
    moves = total_returns(bars)
    bad = np.abs(moves) > policy.max_move
    return by_mask("extreme_moves", bars, bad, lambda i: f"total return {moves[i]:+.1%}")
