"""What a quality rule sees and what it says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from market_assets.core.market.panel import Floats, Panel
from market_assets.core.quality.policy import QualityPolicy

Severity = Literal["error", "warning"]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Bars:
    """The bars of one symbol, rows in time order, each array (n,).

    ``expected`` holds the stamps of the exchange's sessions, or None where no calendar was declared.
    """

    symbol: str
    kind: str
    ts: NDArray[np.datetime64]
    known_at: NDArray[np.datetime64]
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats
    split: Floats
    dividend: Floats
    expected: NDArray[np.datetime64] | None

    @property
    def dates(self) -> NDArray[np.datetime64]:
        """UTC day of each bar; the close of every exchange but those of the far Pacific lies on its own UTC day."""
        return self.ts.astype("datetime64[D]")


@dataclass(frozen=True)
class RuleResult:
    """One line of the report.

    ``count`` is the number of offending bars (or the length, for runs), ``share`` its part of what was looked at
    (None = could not be measured), ``limit`` the bound it is held against, ``example`` the first offence in words.
    """

    rule: str
    severity: Severity
    count: int
    share: float | None
    limit: float
    passed: bool
    example: str


Rule = Callable[[Bars, QualityPolicy], RuleResult]


def bars_of(panel: Panel, index: int, expected: NDArray[np.datetime64] | None) -> Bars:
    """Bars of symbol number ``index``."""
    rows = panel.rows(index)
    columns = ("ts", "known_at", "open", "high", "low", "close", "volume", "split", "dividend")
    return Bars(
        symbol=panel.symbols[index],
        kind=panel.kinds[index],
        expected=None if expected is None else np.unique(expected.astype("datetime64[us]")),
        **{name: getattr(panel, name)[rows] for name in columns},
    )


def day(stamp: np.datetime64) -> str:
    """``2015-01-02`` of a stamp."""
    return str(stamp.astype("datetime64[D]"))


def minute(stamp: np.datetime64) -> str:
    """``2015-01-02T21:00Z`` of a stamp."""
    return f"{stamp.astype('datetime64[m]')}Z"


def by_mask(
    rule: str, bars: Bars, bad: Mask, describe: Callable[[int], str], limit: float = 0.0, severity: Severity = "error"
) -> RuleResult:
    """Result of a rule that marks single bars: passed while their share is at most ``limit``."""
    count = int(bad.sum())
    share = count / len(bad) if len(bad) else 0.0
    example = f"{day(bars.ts[int(np.argmax(bad))])}: {describe(int(np.argmax(bad)))}" if count else ""
    return RuleResult(rule, severity, count, share, limit, share <= limit, example)


def not_measured(rule: str, limit: float, why: str) -> RuleResult:
    """Result of a rule that could not be applied: a warning that does not pass, never a zero."""
    return RuleResult(rule, "warning", 0, None, limit, False, f"not measured: {why}")
