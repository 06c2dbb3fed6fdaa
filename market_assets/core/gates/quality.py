"""The quality gate: is this snapshot good enough to learn from?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from market_assets.core.gates.verdict import Reason, Verdict, judge
from market_assets.core.spec import spec

_SHOWN = 5  # failing symbols named in the text; the report has them all


@spec
class QualityGatePolicy:
    """Largest share of symbols that may fail a rule of severity ``error``, and the fewest that must pass all."""

    max_failed_symbols: float = Field(default=0.0, ge=0.0, le=1.0)
    min_symbols: int = Field(default=2, ge=1)


def quality_gate(payload: Mapping[str, Any], policy: QualityGatePolicy) -> Verdict:
    """Judge the payload of a quality report.

    A symbol fails when one of its ``error`` rules did not pass (warnings do not count), when it has no rules, or when
    its own ``passed`` says so. A payload that cannot be read, or that lists a symbol twice, is refused.
    """
    try:
        failed = {}
        for entry in payload["symbols"]:
            if entry["symbol"] in failed:
                raise ValueError(f"symbol {entry['symbol']} is listed twice")
            failed[str(entry["symbol"])] = _failed_rules(entry)
    except (KeyError, TypeError, ValueError) as error:
        text = f"The quality report cannot be read ({type(error).__name__}: {error})."
        return Verdict.of([judge("quality_report", None, ">=", policy.min_symbols, text)])
    bad = {symbol: rules for symbol, rules in failed.items() if rules}
    good = len(failed) - len(bad)
    return Verdict.of([_enough(good, policy), _share(bad, len(failed), policy)])


def _failed_rules(entry: Mapping[str, Any]) -> list[str]:
    """Names of the rules that fail this symbol; empty when it passed."""
    found = [str(rule["rule"]) for rule in entry["rules"] if rule["severity"] == "error" and rule["passed"] is not True]
    if not entry["rules"]:
        return ["no rule was applied"]
    return found or ([] if entry["passed"] is True else ["marked as failed"])


def _enough(good: int, policy: QualityGatePolicy) -> Reason:
    text = f"{good} symbols passed every quality rule of severity error; at least {policy.min_symbols} are needed."
    return judge("quality_symbols", good, ">=", policy.min_symbols, text)


def _share(bad: Mapping[str, list[str]], total: int, policy: QualityGatePolicy) -> Reason:
    text = f"{len(bad)} of {total} symbols failed; at most {policy.max_failed_symbols:.1%} may."
    if bad:
        named = "; ".join(f"{symbol}: {', '.join(rules)}" for symbol, rules in sorted(bad.items())[:_SHOWN])
        more = f"; and {len(bad) - _SHOWN} more" if len(bad) > _SHOWN else ""
        text = f"{text} {named}{more}."
    share = len(bad) / total if total else None
    return judge("quality_failed_share", share, "<=", policy.max_failed_symbols, text)
