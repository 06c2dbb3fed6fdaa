"""Evidence: every figure a promotion is decided on, as one record that survives JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from market_assets.core.errors import IntegrityError
from market_assets.core.identity import canonical_json
from market_assets.core.statistics.performance import Figures


@dataclass(frozen=True)
class Gap:
    """A figure that could not be computed, and why. Any gap blocks promotion."""

    figure: str
    cause: str


@dataclass(frozen=True)
class Candidate:
    """One candidate over the walk-forward span.

    ``figures`` are those of ``performance`` and the ends of the 95 % bootstrap intervals: ``sharpe_low``,
    ``sharpe_high`` (annual), ``annual_mean_low``, ``annual_mean_high``, ``drawdown_low``, ``drawdown_high``. None
    where undefined; a candidate that never held a position (``idle``) has no Sharpe ratio, which is no gap.
    """

    name: str
    idle: bool
    figures: Figures


@dataclass(frozen=True)
class Evidence:
    """Everything the promotion gate looks at.

    Sharpe ratios are annual; ``hurdle`` (SR0, annual) is the best expected of ``deflation_trials`` worthless ones,
    from ``trial_variance`` (per period, squared). ``min_track_record`` is in periods at 95 % against zero, None when
    no length suffices. ``spa_*`` are p-values against cash; ``spa_equal_weight`` is the consistent one against the
    equal-weight long portfolio (shown, not gated). ``max_drawdown`` <= 0. ``path_sharpes`` and ``fold_sharpes`` belong
    to ``best``, the candidate with the highest walk-forward net Sharpe ratio; ``coverage_gap`` is the distance of its
    worst conformal slice from nominal coverage.
    """

    best: str | None
    observations: int
    periods_per_year: float
    trials: int
    configurations: int
    deflation_trials: int
    sharpe: float | None
    sharpe_low: float | None
    sharpe_high: float | None
    max_drawdown: float | None
    probabilistic_sharpe: float | None
    deflated_sharpe: float | None
    hurdle: float | None
    trial_variance: float | None
    min_track_record: float | None
    pbo: float | None
    pbo_slope: float | None
    pbo_loss_probability: float | None
    pbo_columns: tuple[str, ...]
    spa_lower: float | None
    spa_consistent: float | None
    spa_upper: float | None
    spa_equal_weight: float | None
    path_sharpes: tuple[float | None, ...]
    fold_sharpes: tuple[float | None, ...]
    coverage_gap: float | None
    candidates: tuple[Candidate, ...]
    gaps: tuple[Gap, ...]
    seed: int
    bootstrap_reps: int
    spa_reps: int
    mean_block: float
    pbo_blocks: int

    def to_payload(self) -> dict[str, Any]:
        """JSON form without non-finite numbers; ``from_payload`` is its inverse."""
        payload = {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}
        canonical_json(payload)  # refuses NaN and infinity
        return payload

    @staticmethod
    def from_payload(payload: Mapping[str, Any]) -> Evidence:
        """Read stored evidence.

        Raises
        ------
        IntegrityError
            a field is missing or unknown, or a number is not finite.
        """
        wanted = {field.name for field in fields(Evidence)}
        if set(payload) != wanted:
            raise IntegrityError(f"not evidence: fields {sorted(set(payload) ^ wanted)} are missing or unknown")
        try:
            canonical_json(dict(payload))
            parts: dict[str, Any] = {
                name: tuple(value) if isinstance(value, list) else value for name, value in payload.items()
            }
            parts["candidates"] = tuple(Candidate(**one) for one in payload["candidates"])
            parts["gaps"] = tuple(Gap(**one) for one in payload["gaps"])
            for field in fields(Evidence):
                if field.type == "float | None" and not _is_number(parts[field.name]):
                    raise TypeError(f"{field.name} is {parts[field.name]!r}, neither a number nor missing")
        except (TypeError, ValueError) as error:
            raise IntegrityError(f"not evidence: {error}") from error
        return Evidence(**parts)


def _is_number(value: object) -> bool:
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool))
