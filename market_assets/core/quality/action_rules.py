"""Consistency of recorded splits and dividends with the prices around them.

The bars as stored carry no vendor-adjusted price, so a recorded action is judged by whether the price moved with it.
"""

from __future__ import annotations

import numpy as np

from market_assets.core.market.panel import Floats
from market_assets.core.quality.findings import Bars, Mask, RuleResult, by_mask
from market_assets.core.quality.policy import QualityPolicy

SPLIT_RATIOS = np.array([2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 10.0, 15.0, 20.0, 25.0, 50.0, 100.0])
_NO_MOVE = 0.0


def _log_ratio(after: Floats, before: Floats) -> Floats:
    sound = (after > 0) & (before > 0)
    return np.log(np.divide(after, before, out=np.full(len(after), np.nan), where=sound))


def unrecorded_splits(bars: Bars, policy: QualityPolicy) -> Mask:
    """Rows without a recorded split whose open and close both jumped by the ratio of one."""
    marks = np.zeros(len(bars.close), dtype=bool)
    before = bars.close[:-1]
    candidates = np.log(np.concatenate([SPLIT_RATIOS, 1 / SPLIT_RATIOS]))

    def near(ratio: Floats) -> tuple[Mask, Floats]:
        gaps = np.abs(ratio[:, None] - candidates)
        return gaps.min(axis=1) <= policy.split_tolerance, candidates[gaps.argmin(axis=1)]

    with_dividend = bars.close[1:] + bars.dividend[1:]
    by_close, close_ratio = near(np.nan_to_num(_log_ratio(with_dividend, before), nan=_NO_MOVE))
    by_open, open_ratio = near(np.nan_to_num(_log_ratio(bars.open[1:] + bars.dividend[1:], before), nan=_NO_MOVE))
    marks[1:] = (bars.split[1:] == 1.0) & by_close & by_open & (close_ratio == open_ratio)
    return marks


def invisible_actions(bars: Bars, policy: QualityPolicy) -> Mask:
    """Rows whose recorded action is large, yet the price moved less without it than with it."""
    marks = np.zeros(len(bars.close), dtype=bool)
    before, after = bars.close[:-1], bars.close[1:]
    raw = _log_ratio(after, before)
    total = _log_ratio(after * bars.split[1:] + bars.dividend[1:], before)
    large = np.abs(total - raw) >= policy.min_action
    marks[1:] = large & (np.abs(raw) < np.abs(total))
    return marks


def corporate_actions(bars: Bars, policy: QualityPolicy) -> RuleResult:
    """Impossible values, recorded actions that prices do not show, and splits that prices show but nobody recorded."""
    impossible = ~((bars.split > 0) & (bars.dividend >= 0) & np.isfinite(bars.split) & np.isfinite(bars.dividend))
    unrecorded, invisible = unrecorded_splits(bars, policy), invisible_actions(bars, policy)

    def describe(row: int) -> str:
        recorded = f"split {bars.split[row]:g}, dividend {bars.dividend[row]:g}"
        moved = f"close {bars.close[row - 1]:g} -> {bars.close[row]:g}"
        if impossible[row]:
            return f"{recorded} is impossible"
        if invisible[row]:
            return f"{recorded} is not visible in prices ({moved})"
        return f"looks like an unrecorded split ({moved})"

    return by_mask("corporate_actions", bars, impossible | unrecorded | invisible, describe)
