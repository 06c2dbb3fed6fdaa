"""The gap between in-sample and out-of-sample figures (F8)."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from fractions import Fraction
from typing import Any

from market_assets.core.errors import BadInputError


@dataclass(frozen=True)
class SampleGap:
    """One figure in and out of sample.

    ``ratio`` is out-of-sample over in-sample, ``drop`` = 1 - ratio the share lost; both None where the in-sample figure
    is missing or not positive: a share of it means nothing. ``within`` is True when the two differ by ``tolerance`` of
    the in-sample figure at most, on either side; False without a ratio.
    """

    figure: str
    in_sample: float | None
    out_of_sample: float | None
    ratio: float | None
    drop: float | None
    tolerance: float
    within: bool

    def to_payload(self) -> dict[str, Any]:
        """JSON-able form."""
        return asdict(self)


def sample_gap(figure: str, in_sample: float | None, out_of_sample: float | None, tolerance: float = 0.1) -> SampleGap:
    """Compare one figure (higher is better) in and out of sample.

    The comparison is made on the decimal digits of the figures, so that 0.9 is within 10 % of 1.0.

    Raises
    ------
    BadInputError
        rule ``gap_tolerance``: a tolerance outside (0, 1); ``gap_figure``: a figure that is not finite.
    """
    if not 0.0 < tolerance < 1.0:
        raise BadInputError("gap_tolerance", f"tolerance {tolerance} is not between 0 and 1")
    if in_sample is None or out_of_sample is None or in_sample <= 0.0:
        return SampleGap(figure, in_sample, out_of_sample, None, None, tolerance, False)
    try:
        inside, outside, allowed = (Fraction(repr(float(part))) for part in (in_sample, out_of_sample, tolerance))
    except ValueError:
        raise BadInputError("gap_figure", f"{figure}: {in_sample} and {out_of_sample} must be finite") from None
    ratio = outside / inside
    return SampleGap(
        figure, in_sample, out_of_sample, float(ratio), float(1 - ratio), tolerance, abs(1 - ratio) <= allowed
    )
