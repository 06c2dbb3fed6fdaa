"""Parameters of the synthetic market."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from market_assets.core.spec import spec

SECTORS = (
    "Information Technology",
    "Financials",
    "Health Care",
    "Consumer Discretionary",
    "Consumer Staples",
    "Industrials",
    "Energy",
    "Materials",
    "Utilities",
    "Real Estate",
    "Communication Services",
)


@spec
class SyntheticSpec:
    """A seeded market.

    Parameters
    ----------
    kind : ``planted`` (order-flow pressure moves later returns) or ``null`` (same bars' look, no edge).
    symbols : number of symbols; a market with more symbols begins with the same ones.
    years : length from ``start``; a longer market begins with the same bars.
    seed : of every draw.
    start : first calendar day.
    edge : next-day mean return per unit pressure, in idiosyncratic standard deviations. Ignored by ``null``.
    persistence : AR(1) coefficient of the pressure from one session to the next.
    visibility : how strongly the pressure shows in the wicks of the bar (0 = invisible). Long wicks touch barriers
        too, so much of it turns barrier labels against the edge.
    volume_visibility : change of log volume per unit pressure; leaves prices alone.
    """

    kind: Literal["planted", "null"] = "planted"
    symbols: Annotated[int, Field(ge=1, le=9999)] = 46
    years: Annotated[float, Field(gt=0, le=60)] = 5.0
    seed: Annotated[int, Field(ge=0)] = 0
    start: date = date(2015, 1, 2)
    edge: Annotated[float, Field(ge=0, le=1)] = 0.12
    persistence: Annotated[float, Field(ge=0, lt=1)] = 0.93
    visibility: Annotated[float, Field(ge=0, le=2)] = 0.3
    volume_visibility: Annotated[float, Field(ge=0, le=2)] = 0.3

    @property
    def effective_edge(self) -> float:
        """The edge that drives returns: zero in a null market."""
        return self.edge if self.kind == "planted" else 0.0
