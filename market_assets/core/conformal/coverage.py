"""Coverage of prediction sets: marginal, by slice, and the worst slice."""

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
from market_assets.core.gates.verdict import Reason, judge


@dataclass(frozen=True)
class Coverage:
    """Coverage of the sets of one slice of rows.

    ``coverage`` = ``covered`` / ``n``; ``low`` and ``high`` end its 95 % Clopper-Pearson interval, which treats rows as
    independent and is too narrow for overlapping labels. ``size`` is the mean number of classes in a set; ``empty``,
    ``single`` and ``full`` are shares of sets with none, one, and every class: a set of every class covers and says
    nothing.
    """

    kind: str
    name: str
    n: int
    covered: int
    coverage: float
    low: float
    high: float
    size: float
    empty: float
    single: float
    full: float


@dataclass(frozen=True)
class CoverageReport:
    """Coverage of one method against ``nominal`` = 1 - alpha; ``slices`` in the order of their kinds and names."""

    method: str
    nominal: float
    overall: Coverage
    slices: tuple[Coverage, ...]

    def worst(self, min_rows: int, kinds: Sequence[str] | None = None) -> Coverage | None:
        """The slice of at least ``min_rows`` rows farthest from nominal, on either side; None without one."""
        large = [part for part in self.slices if part.n >= min_rows and (kinds is None or part.kind in kinds)]
        return max(large, key=lambda part: abs(part.coverage - self.nominal), default=None)

    def to_payload(self) -> dict[str, Any]:
        """JSON-able form."""
        return {
            "method": self.method,
            "nominal": self.nominal,
            "overall": asdict(self.overall),
            "slices": [asdict(part) for part in self.slices],
        }


def coverage_report(
    method: str, sets: Mask, label: ArrayLike, alpha: Level, slices: Mapping[str, Slicing]
) -> CoverageReport:
    """Measure sets (n, K) against the classes (n,) that occurred.

    Parameters
    ----------
    slices : kind -> slices of the rows (n,).

    Raises
    ------
    NotEnoughDataError
        without rows.
    """
    if not len(sets):
        raise NotEnoughDataError(f"coverage of {method}: no row has a prediction, a label and a calibrated set")
    hit = sets[np.arange(len(sets)), np.asarray(label, dtype=np.int64)]
    size = sets.sum(axis=1)
    everything = {"all": Slicing(np.zeros(len(sets), np.int64), ("all",))}
    overall, *parts = [
        part
        for kind, one in (everything | dict(slices)).items()
        for part in _measure(kind, one, size, hit, sets.shape[1])
    ]
    return CoverageReport(method, float(1 - as_level(alpha)), overall, tuple(parts))


def coverage_gap(report: CoverageReport, max_gap: float, min_rows: int, kinds: Sequence[str] | None = None) -> Reason:
    """Gate reason: the worst slice may differ from nominal by ``max_gap`` at most; no slice large enough is a gap."""
    worst = report.worst(min_rows, kinds)
    if worst is None:
        text = f"No slice has {min_rows} rows: coverage of {report.method} is not known by slice."
        return judge("coverage_gap", None, "<=", max_gap, text)
    gap = abs(worst.coverage - report.nominal)
    text = (
        f"Coverage of {report.method} in {worst.kind} {worst.name}: {worst.coverage:.3f} "
        f"[{worst.low:.3f}, {worst.high:.3f}] of {worst.n} rows, nominal {report.nominal:.3f}; "
        f"at most {max_gap:.3f} apart."
    )
    return judge("coverage_gap", gap, "<=", max_gap, text)


def _measure(kind: str, slices: Slicing, size: NDArray[np.int64], hit: Mask, classes: int) -> list[Coverage]:
    """Coverage of every slice, from sums over the rows of each."""
    total = len(slices.names)

    def count(values: NDArray[Any]) -> NDArray[Any]:
        return np.bincount(slices.codes, weights=values, minlength=total)

    n, covered = count(np.ones(len(hit))), count(hit)
    sums = (count(size), count(size == 0), count(size == 1), count(size == classes))
    out = []
    for code, name in enumerate(slices.names):
        rows, inside = int(n[code]), int(covered[code])
        interval = clopper_pearson(inside, rows)
        figures = (float(part[code]) / rows for part in sums)
        out.append(Coverage(kind, name, rows, inside, inside / rows, interval.low, interval.high, *figures))
    return out
