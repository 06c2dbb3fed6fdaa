"""The registry of quality rules: which exist, and which make sense for which kind of symbol."""

from __future__ import annotations

from market_assets.core.quality.action_rules import corporate_actions
from market_assets.core.quality.calendar_rules import completeness, duplicates, early_end, look_ahead, time_zone_shift
from market_assets.core.quality.findings import Rule, RuleResult
from market_assets.core.quality.price_rules import extreme_moves, ohlc_logic, positive_prices, stale_feed, zero_volume

__all__ = ["RULES", "RULES_VERSION", "Rule", "RuleResult", "rules_for"]

RULES_VERSION = "1"
"""Raise when a rule says something else about the same bars."""

RULES: dict[str, Rule] = {
    "completeness": completeness,
    "early_end": early_end,
    "duplicates": duplicates,
    "ohlc_logic": ohlc_logic,
    "positive_prices": positive_prices,
    "zero_volume": zero_volume,
    "stale_feed": stale_feed,
    "extreme_moves": extreme_moves,
    "corporate_actions": corporate_actions,
    "time_zone_shift": time_zone_shift,
    "look_ahead": look_ahead,
}
"""In the order of the report."""

_WITHOUT_MEANING = {
    "equity": frozenset(),
    "index": frozenset({"zero_volume", "corporate_actions"}),
    "level": frozenset({"zero_volume", "corporate_actions", "extreme_moves"}),
}
"""An index or level has no shares; a level such as the VIX may double in a day (2018-02-05: +116 %)."""


def rules_for(kind: str) -> dict[str, Rule]:
    """Rules that apply to a kind of symbol, in the order of the report."""
    return {name: rule for name, rule in RULES.items() if name not in _WITHOUT_MEANING[kind]}
