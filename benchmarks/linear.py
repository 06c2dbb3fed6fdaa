"""How far a cost curve is from a straight line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Linearity:
    """Straight line through the points, and the marginal costs between neighbours.

    ``ratio`` is the last marginal cost over the first: 1 on a line, whatever its intercept; above 1 the curve bends
    up. ``residual`` is the largest distance of a point from the least-squares line, as a share of the point.
    """

    intercept: float
    slope: float
    marginal: tuple[float, ...]
    ratio: float
    residual: float

    @property
    def deviation(self) -> float:
        """|ratio - 1|."""
        return abs(self.ratio - 1.0)


def linearity(sizes: Sequence[int], seconds: Sequence[float]) -> Linearity:
    """Fit seconds against sizes (increasing, at least three)."""
    x, y = np.asarray(sizes, dtype=np.float64), np.asarray(seconds, dtype=np.float64)
    if len(x) < 3 or len(x) != len(y) or not (np.diff(x) > 0).all():
        raise ValueError(f"need at least three increasing sizes and a time each: {list(sizes)}, {list(seconds)}")
    marginal = np.diff(y) / np.diff(x)
    if marginal[0] <= 0.0:
        raise ValueError(f"the first marginal cost is not positive: {y[:2].tolist()} s; measure larger sizes")
    slope, intercept = np.polyfit(x, y, 1)
    fitted = intercept + slope * x
    return Linearity(
        intercept=float(intercept),
        slope=float(slope),
        marginal=tuple(float(value) for value in marginal),
        ratio=float(marginal[-1] / marginal[0]),
        residual=float(np.max(np.abs(y - fitted) / y)),
    )
