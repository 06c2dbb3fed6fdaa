"""The card of a return series or of a part of it: the figures people compare, each with its interval or its cause."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Annotated, Any

import numpy as np
from numpy.typing import ArrayLike
from pydantic import Field

from market_assets.core.errors import NotEnoughDataError
from market_assets.core.spec import spec
from market_assets.core.statistics.bootstrap import return_intervals
from market_assets.core.statistics.performance import Figures, performance
from market_assets.core.statistics.series import as_returns

PLAIN = ("sharpe", "max_drawdown", "hit_rate", "total_return")
ENDS = ("sharpe_low", "sharpe_high", "mean_low", "mean_high", "drawdown_low", "drawdown_high")


@spec
class CardSpec:
    """How cards are measured.

    Parameters
    ----------
    periods_per_year : 252 for daily returns.
    bootstrap_reps, mean_block, level : of the intervals, see ``return_intervals``.
    min_observations : periods a card needs; below it there are no figures, only the cause.
    """

    periods_per_year: Annotated[int, Field(ge=1)] = 252
    bootstrap_reps: Annotated[int, Field(ge=100)] = 1000
    mean_block: Annotated[float, Field(ge=1)] = 10.0
    level: Annotated[float, Field(gt=0, lt=1)] = 0.95
    min_observations: Annotated[int, Field(ge=2)] = 20


@dataclass(frozen=True)
class Card:
    """Figures of the ``n`` periods of one slice.

    ``figures``: ``sharpe`` and ``mean`` a year, ``max_drawdown`` (<= 0), ``hit_rate`` (of periods not zero),
    ``total_return``, and interval ends ``sharpe_low`` .. ``drawdown_high``. None where undefined, with the ``cause``.
    A slice with holes is joined end to end: drawdown and bootstrap blocks run across the joints.
    """

    kind: str
    name: str
    n: int
    figures: Figures
    cause: str = ""

    def to_payload(self) -> dict[str, Any]:
        """JSON-able form."""
        return asdict(self)


def make_card(kind: str, name: str, returns: ArrayLike, spec: CardSpec, seed: int) -> Card:
    """Measure net returns (n,) of one slice.

    Raises
    ------
    BadInputError
        rule ``finite_returns``: NaN or infinity.
    """
    values = as_returns(returns, minimum=0) if np.size(returns) else np.empty(0)
    figures: Figures = dict.fromkeys((*PLAIN[:1], "mean", *PLAIN[1:], *ENDS))
    if values.size < spec.min_observations:
        cause = f"{values.size} periods; at least {spec.min_observations} are needed"
        return Card(kind, name, int(values.size), figures, cause)
    year = float(spec.periods_per_year)
    found = performance(values, values, np.zeros_like(values), year)
    figures.update({key: found[key] for key in PLAIN}, mean=float(values.mean()) * year)
    cause = "returns never vary: the Sharpe ratio is undefined" if figures["sharpe"] is None else ""
    try:
        ends = return_intervals(
            values, reps=spec.bootstrap_reps, mean_block=spec.mean_block, seed=seed, level=spec.level
        )
    except NotEnoughDataError as error:
        return Card(kind, name, int(values.size), figures, cause or str(error))
    figures.update(
        sharpe_low=ends.sharpe.low * year**0.5 if figures["sharpe"] is not None else None,
        sharpe_high=ends.sharpe.high * year**0.5 if figures["sharpe"] is not None else None,
        mean_low=ends.mean.low * year,
        mean_high=ends.mean.high * year,
        drawdown_low=ends.max_drawdown.low,
        drawdown_high=ends.max_drawdown.high,
    )
    return Card(kind, name, int(values.size), figures, cause)
