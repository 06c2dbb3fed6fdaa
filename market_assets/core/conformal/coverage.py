"""Coverage of prediction sets and intervals: marginal, by slice, and the worst slice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from market_assets.core.conformal.binomial import clopper_pearson
from market_assets.core.conformal.classification import Mask
from market_assets.core.conformal.slicing import Slicing
from market_assets.core.conformal.split import Level, as_level
from market_assets.core.errors import NotEnoughDataError
from market_assets.core.market.panel import Floats


@dataclass(frozen=True)
class Coverage:
    """Coverage of the sets of one slice of rows.

    ``coverage`` = ``covered`` / ``n``; ``low`` and ``high`` end its 95 % Clopper-Pearson interval, which treats rows as
    independent and is too narrow for overlapping labels and names that move together; ``sessions`` counts the sessions
    they fall on. ``size`` is the mean number of classes of a set, or the mean half-width of the finite intervals;
    ``empty``, ``single`` and ``full`` are shares of sets with nothing, one class (or a finite interval), and
    everything: what holds everything covers and says nothing.
    """

    kind: str
    name: str
    n: int
    sessions: int
    covered: int
    coverage: float
    low: float
    high: float
    size: float
    empty: float
    single: float
    full: float


@dataclass(frozen=True, eq=False)
class Measured:
    """Sets or intervals of n rows: whether each holds the outcome, its session, its size, and what kind it is."""

    hit: Mask
    session: NDArray[np.int64]
    size: Floats
    empty: Mask
    single: Mask
    full: Mask

    @staticmethod
    def classes(sets: Mask, label: ArrayLike, session: ArrayLike) -> Measured:
        """Sets of classes (n, K) against the classes (n,) that occurred on ``session`` (n,)."""
        size = sets.sum(axis=1)
        hit = sets[np.arange(len(sets)), np.asarray(label, dtype=np.int64)]
        kinds = (size == 0, size == 1, size == sets.shape[1])
        return Measured(hit, np.asarray(session, np.int64), size.astype(np.float64), *kinds)

    @staticmethod
    def intervals(score: ArrayLike, half_width: ArrayLike, session: ArrayLike) -> Measured:
        """Intervals of ``half_width`` (n,) around a forecast, for outcomes at distance ``score`` (n,) from it."""
        width, distance = np.asarray(half_width, dtype=np.float64), np.asarray(score, dtype=np.float64)
        finite = np.isfinite(width)
        empty, full = width == -np.inf, width == np.inf
        return Measured(distance <= width, np.asarray(session, np.int64), width, empty, finite, full)


@dataclass(frozen=True)
class CoverageReport:
    """Coverage of one method against ``nominal`` = 1 - alpha; ``slices`` in the order of their kinds and names."""

    method: str
    nominal: float
    overall: Coverage
    slices: tuple[Coverage, ...]

    def worst(self, min_rows: int, min_sessions: int = 1, kinds: Sequence[str] | None = None) -> Coverage | None:
        """The slice farthest from nominal, on either side, of those with so many rows and sessions; None without one.

        ``kinds`` are the kinds of slices that count, by default all.
        """
        large = [
            part
            for part in self.slices
            if part.n >= min_rows and part.sessions >= min_sessions and (kinds is None or part.kind in kinds)
        ]
        return max(large, key=lambda part: abs(part.coverage - self.nominal), default=None)

    def to_payload(self) -> dict[str, Any]:
        """JSON-able form."""
        return {
            "method": self.method,
            "nominal": self.nominal,
            "overall": asdict(self.overall),
            "slices": [asdict(part) for part in self.slices],
        }


def coverage_report(method: str, sets: Measured, alpha: Level, slices: Mapping[str, Slicing]) -> CoverageReport:
    """Coverage of n rows, overall and by slice.

    Parameters
    ----------
    slices : kind -> slices of the rows (n,).

    Raises
    ------
    NotEnoughDataError
        without rows.
    """
    if not len(sets.hit):
        raise NotEnoughDataError(f"coverage of {method}: no row has a prediction, an outcome and a calibrated set")
    everything = {"all": Slicing(np.zeros(len(sets.hit), np.int64), ("all",))}
    overall, *parts = [part for kind, one in (everything | dict(slices)).items() for part in _measure(kind, one, sets)]
    return CoverageReport(method, float(1 - as_level(alpha)), overall, tuple(parts))


def _measure(kind: str, slices: Slicing, sets: Measured) -> list[Coverage]:
    """Coverage of every slice, from sums over the rows of each."""
    total = len(slices.names)

    def count(values: NDArray[Any]) -> NDArray[Any]:
        return np.bincount(slices.codes, weights=values, minlength=total)

    n, covered = count(np.ones(len(sets.hit))), count(sets.hit)
    sized = np.isfinite(sets.size)
    finite, sums = count(sized), count(np.where(sized, sets.size, 0.0))
    shares = (count(sets.empty), count(sets.single), count(sets.full))
    seen = np.zeros((total, int(sets.session.max()) + 1), dtype=np.bool_)
    seen[slices.codes, sets.session] = True
    sessions = seen.sum(axis=1)
    out = []
    for code, name in enumerate(slices.names):
        rows, inside = int(n[code]), int(covered[code])
        interval = clopper_pearson(inside, rows)
        size = float(sums[code] / finite[code]) if finite[code] else 0.0
        figures = (float(part[code]) / rows for part in shares)
        bounds = (interval.low, interval.high, size, *figures)
        out.append(Coverage(kind, name, rows, int(sessions[code]), inside, inside / rows, *bounds))
    return out
