"""The gate beside the rules that people use instead, on the same runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchmarks.characteristic.exact import clopper_pearson
from benchmarks.pipeline.record import Record

Rule = Callable[[Record], bool]


def _above(value: float | None, threshold: float) -> bool:
    return value is not None and value > threshold


RULES: dict[str, Rule] = {
    "gate": lambda run: run.promoted,
    "best backtest above 0": lambda run: _above(run.sharpe, 0.0),
    "PBO < 0.5": lambda run: run.pbo is not None and run.pbo < 0.5,
    "DSR > 0.95, N = 1": lambda run: _above(run.probabilistic_sharpe, 0.95),
}
"""What promotes a run. A Deflated Sharpe Ratio of one trial is the Probabilistic Sharpe Ratio against zero."""


@dataclass(frozen=True)
class Rate:
    """``hits`` of ``count`` runs and the exact 95 % interval of the share; nothing is known of no runs."""

    hits: int
    count: int

    @property
    def share(self) -> float | None:
        """hits / count."""
        return self.hits / self.count if self.count else None

    @property
    def interval(self) -> tuple[float | None, float | None]:
        """Clopper-Pearson, two-sided."""
        return clopper_pearson(self.hits, self.count) if self.count else (None, None)

    @property
    def cells(self) -> tuple[float | None, ...]:
        """Hits, count, share and both ends, as columns of a table."""
        return (self.hits, self.count, *(_rounded(value) for value in (self.share, *self.interval)))


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


def rate(runs: Sequence[Record], rule: Rule = RULES["gate"]) -> Rate:
    """Share of the runs that a rule promotes; a failed run counts and is not promoted."""
    return Rate(sum(run.failure is None and rule(run) for run in runs), len(runs))
