"""The outcome of a gate: one reason a rule, passed only when every rule passed."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

from market_assets.core.errors import IntegrityError

Comparison = Literal[">=", "<=", "=="]
PROMOTED, AWAITING, REFUSED = "promoted", "awaiting approval", "refused"
"""What a whole run can come to."""


def holds(value: float | None, comparison: Comparison, threshold: float) -> bool:
    """True if ``value`` is a finite number that satisfies the comparison; a missing value never does."""
    if value is None or not (math.isfinite(value) and math.isfinite(threshold)):
        return False
    return {">=": value >= threshold, "<=": value <= threshold, "==": value == threshold}[comparison]


@dataclass(frozen=True)
class Reason:
    """One rule of a gate. ``value`` None is a typed gap: the figure is missing, ``text`` says why, the rule fails."""

    gate: str
    value: float | None
    comparison: Comparison
    threshold: float
    passed: bool
    text: str

    def __post_init__(self) -> None:
        if self.value is not None and not math.isfinite(self.value):
            raise IntegrityError(f"reason {self.gate}: a value must be finite or missing, got {self.value}")
        if self.passed is not holds(self.value, self.comparison, self.threshold):
            raise IntegrityError(f"reason {self.gate}: passed={self.passed} contradicts its own figures")


def judge(gate: str, value: float | None, comparison: Comparison, threshold: float, text: str) -> Reason:
    """Hold a figure against its threshold; NaN and infinity become a gap."""
    figure = float(value) if value is not None and math.isfinite(value) else None
    if figure is None and value is not None:
        text = f"{text} The figure is {value}, which is not a number to judge."
    return Reason(gate, figure, comparison, float(threshold), holds(figure, comparison, threshold), text)


@dataclass(frozen=True)
class Verdict:
    """All reasons of a gate; ``passed`` only if there is at least one and all passed."""

    passed: bool
    reasons: tuple[Reason, ...]

    def __post_init__(self) -> None:
        if self.passed is not (bool(self.reasons) and all(reason.passed for reason in self.reasons)):
            raise IntegrityError(f"verdict passed={self.passed} contradicts its reasons")

    @staticmethod
    def of(reasons: Sequence[Reason]) -> Verdict:
        """Build the verdict its reasons imply."""
        return Verdict(bool(reasons) and all(reason.passed for reason in reasons), tuple(reasons))

    @property
    def failures(self) -> tuple[Reason, ...]:
        """Reasons that did not pass."""
        return tuple(reason for reason in self.reasons if not reason.passed)

    def to_payload(self) -> dict[str, Any]:
        """JSON form; ``from_payload`` is its inverse."""
        return {"passed": self.passed, "reasons": [asdict(reason) for reason in self.reasons]}

    @staticmethod
    def from_payload(payload: Mapping[str, Any]) -> Verdict:
        """Read a stored verdict.

        Raises
        ------
        IntegrityError
            malformed, or its verdict contradicts its reasons, or a reason its figures.
        """
        try:
            reasons = tuple(Reason(**reason) for reason in payload["reasons"])
            passed = payload["passed"]
        except (KeyError, TypeError) as error:
            raise IntegrityError(f"not a verdict: {error}") from error
        if any(reason.comparison not in get_args(Comparison) for reason in reasons):
            raise IntegrityError("not a verdict: unknown comparison")
        return Verdict(passed, reasons)
