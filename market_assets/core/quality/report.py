"""The quality report: every rule for every symbol, as a record that survives JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from market_assets.core.market.panel import Panel
from market_assets.core.quality.findings import RuleResult, bars_of, day
from market_assets.core.quality.policy import QualityPolicy
from market_assets.core.quality.rules import RULES_VERSION, rules_for

__all__ = ["QualityPolicy", "QualityReport", "RuleResult", "SymbolQuality", "assess", "assess_symbol"]

Expected = NDArray[np.datetime64]


@dataclass(frozen=True)
class SymbolQuality:
    """All rules of one symbol. ``first`` and ``last`` are days, empty for a symbol without bars."""

    symbol: str
    kind: str
    rows: int
    first: str
    last: str
    rules: tuple[RuleResult, ...]

    @property
    def errors(self) -> tuple[RuleResult, ...]:
        """Failed rules of severity ``error``."""
        return tuple(rule for rule in self.rules if not rule.passed and rule.severity == "error")

    @property
    def warnings(self) -> tuple[RuleResult, ...]:
        """Failed rules of severity ``warning``."""
        return tuple(rule for rule in self.rules if not rule.passed and rule.severity == "warning")

    @property
    def passed(self) -> bool:
        """No rule of severity ``error`` failed."""
        return not self.errors

    def to_payload(self) -> dict[str, Any]:
        """JSON-able record."""
        return {
            "symbol": self.symbol,
            "kind": self.kind,
            "rows": self.rows,
            "first": self.first,
            "last": self.last,
            "passed": self.passed,
            "rules": [asdict(rule) for rule in self.rules],
        }

    @staticmethod
    def from_payload(payload: Mapping[str, Any]) -> SymbolQuality:
        """Inverse of :meth:`to_payload`."""
        return SymbolQuality(
            symbol=payload["symbol"],
            kind=payload["kind"],
            rows=payload["rows"],
            first=payload["first"],
            last=payload["last"],
            rules=tuple(RuleResult(**rule) for rule in payload["rules"]),
        )


@dataclass(frozen=True)
class QualityReport:
    """The reports of all symbols, in the panel's order, with the policy they were held against."""

    policy: QualityPolicy
    symbols: tuple[SymbolQuality, ...]
    version: str = RULES_VERSION

    @property
    def passed(self) -> bool:
        """Every symbol passed."""
        return all(symbol.passed for symbol in self.symbols)

    def counts(self) -> dict[str, int]:
        """Number of symbols, rows, failing symbols, and failed rules by severity."""
        return {
            "symbols": len(self.symbols),
            "rows": sum(symbol.rows for symbol in self.symbols),
            "failing_symbols": sum(not symbol.passed for symbol in self.symbols),
            "errors": sum(len(symbol.errors) for symbol in self.symbols),
            "warnings": sum(len(symbol.warnings) for symbol in self.symbols),
        }

    def to_payload(self) -> dict[str, Any]:
        """JSON-able record; equal reports give equal payloads."""
        return {
            "version": self.version,
            "policy": asdict(self.policy),  # type: ignore[call-overload]
            "passed": self.passed,
            "counts": self.counts(),
            "symbols": [symbol.to_payload() for symbol in self.symbols],
        }

    @staticmethod
    def from_payload(payload: Mapping[str, Any]) -> QualityReport:
        """Inverse of :meth:`to_payload`."""
        return QualityReport(
            policy=QualityPolicy(**payload["policy"]),
            symbols=tuple(SymbolQuality.from_payload(symbol) for symbol in payload["symbols"]),
            version=payload["version"],
        )


def _assess(panel: Panel, index: int, expected: Expected | None, policy: QualityPolicy) -> SymbolQuality:
    bars = bars_of(panel, index, expected)
    if len(bars.ts) == 0:
        gone = RuleResult("no_bars", "error", 0, None, 0.0, False, "the symbol has no bar")
        return SymbolQuality(bars.symbol, bars.kind, 0, "", "", (gone,))
    results = tuple(rule(bars, policy) for rule in rules_for(bars.kind).values())
    return SymbolQuality(bars.symbol, bars.kind, len(bars.ts), day(bars.ts.min()), day(bars.ts.max()), results)


def assess_symbol(panel: Panel, sessions_expected: Expected | None, policy: QualityPolicy) -> SymbolQuality:
    """Apply every rule to a panel of one symbol.

    Parameters
    ----------
    panel : as-traded bars of exactly one symbol.
    sessions_expected : ``datetime64`` stamps of the exchange's closes (``sessions_of``), or None: the rules that need
        them then report "not measured", a warning.
    policy : thresholds.

    Raises
    ------
    ValueError
        if the panel does not hold exactly one symbol.
    """
    if len(panel.symbols) != 1:
        raise ValueError(f"one symbol expected, the panel has {len(panel.symbols)}")
    return _assess(panel, 0, sessions_expected, policy)


def assess(panel: Panel, expected_sessions: Expected | None, policy: QualityPolicy) -> QualityReport:
    """Apply every rule to every symbol of a panel of as-traded bars; arguments as in :func:`assess_symbol`."""
    reports = tuple(_assess(panel, index, expected_sessions, policy) for index in range(len(panel.symbols)))
    return QualityReport(policy=policy, symbols=reports)
