"""Rules about time: sessions that are absent, repeated, shifted, or known too early."""

from __future__ import annotations

import numpy as np

from market_assets.core.quality.findings import Bars, RuleResult, by_mask, minute, not_measured
from market_assets.core.quality.policy import QualityPolicy

NO_CALENDAR = "no expected sessions were given"


def completeness(bars: Bars, policy: QualityPolicy) -> RuleResult:
    """Sessions of the exchange between the symbol's first and last bar that have no bar on their day."""
    if bars.expected is None:
        return not_measured("completeness", policy.max_missing, NO_CALENDAR)
    days, dates = np.unique(bars.expected.astype("datetime64[D]")), bars.dates
    days = days[(days >= dates.min()) & (days <= dates.max())]
    if len(days) == 0:
        return not_measured("completeness", policy.max_missing, "no expected session lies in the symbol's range")
    missing = days[~np.isin(days, dates)]
    share = len(missing) / len(days)
    example = f"{missing[0]}: no bar" if len(missing) else ""
    return RuleResult(
        "completeness", "error", len(missing), share, policy.max_missing, share <= policy.max_missing, example
    )


def early_end(bars: Bars, policy: QualityPolicy) -> RuleResult:
    """Sessions after the symbol's last bar: a delisting, or a feed that stopped."""
    if bars.expected is None:
        return not_measured("early_end", policy.max_early_end, NO_CALENDAR)
    days, last = np.unique(bars.expected.astype("datetime64[D]")), bars.dates.max()
    count = int((days > last).sum())
    share = count / len(days) if len(days) else 0.0
    example = f"{last}: last bar, {count} sessions before the end" if count else ""
    return RuleResult(
        "early_end", "warning", count, share, policy.max_early_end, count <= policy.max_early_end, example
    )


def duplicates(bars: Bars, _policy: QualityPolicy) -> RuleResult:
    """A second bar on the same day, or stamps that do not increase."""
    again = np.zeros(len(bars.ts), dtype=bool)
    again[1:] = np.diff(bars.ts) <= np.timedelta64(0, "us")
    order = np.argsort(bars.dates, kind="stable")
    again[order[1:]] |= np.diff(bars.dates[order]) == np.timedelta64(0, "D")
    return by_mask("duplicates", bars, again, lambda i: f"second bar at {minute(bars.ts[i])}")


def time_zone_shift(bars: Bars, _policy: QualityPolicy) -> RuleResult:
    """Bars that are not stamped at a session's close: local time labelled UTC, a shifted day, a weekend bar."""
    if bars.expected is None:
        return not_measured("time_zone_shift", 0.0, NO_CALENDAR)
    off = ~np.isin(bars.ts.astype("datetime64[us]"), bars.expected)
    days = bars.expected.astype("datetime64[D]")

    def describe(row: int) -> str:
        same = bars.expected[days == bars.dates[row]] if bars.expected is not None else []
        wanted = f"the session closes at {minute(same[0])}" if len(same) else "the exchange has no session that day"
        return f"bar stamped {minute(bars.ts[row])}, {wanted}"

    return by_mask("time_zone_shift", bars, off, describe)


def look_ahead(bars: Bars, _policy: QualityPolicy) -> RuleResult:
    """Bars known before they closed. An undeclared ``known_at`` (NaT) is not judged."""
    early = bars.known_at < bars.ts
    return by_mask("look_ahead", bars, early, lambda i: f"known at {minute(bars.known_at[i])}, before its close")
