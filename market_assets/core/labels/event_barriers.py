"""Labels of the bars that a filter chooses: the triple barrier begins where a symbol has moved enough."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from market_assets.core.labels.event_times import cusum_rows
from market_assets.core.labels.spec import LabelSpec
from market_assets.core.labels.triple_barrier import Labels, triple_barrier
from market_assets.core.labels.volatility import ewm_volatility, lagged_returns
from market_assets.core.market.panel import Panel
from market_assets.core.spec import spec


@spec
class EventSpec:
    """Triple barrier from the events of a symmetric CUSUM filter of each symbol's bar returns.

    Parameters
    ----------
    threshold : move that makes an event, in standard deviations of one bar's return known at the bar.
    span : span of that exponentially weighted deviation, also the returns it needs.
    barrier : label of the events.
    """

    kind: Literal["event_barrier"] = "event_barrier"
    filter: Literal["cusum"] = "cusum"
    threshold: Annotated[float, Field(gt=0, le=100)] = 2.0
    span: Annotated[int, Field(ge=2, le=2520)] = 100
    barrier: LabelSpec = LabelSpec()


def event_bars(panel: Panel, spec: EventSpec) -> NDArray[np.bool_]:
    """Decision bars (n_rows,) that the filter chooses, each from bars up to itself.

    A bar without a return, or with a deviation that is unknown or 0, is no event.

    References
    ----------
    Lopez de Prado (2018), Advances in Financial Machine Learning, snippet 2.4.
    """
    returns = lagged_returns(panel.offsets, panel.ts, panel.close, "bar")
    unit = spec.threshold * ewm_volatility(panel.offsets, returns, spec.span, spec.span)
    threshold = np.where(unit > 0.0, unit, np.nan)
    chosen = np.zeros(panel.n_rows, np.bool_)
    for first, last in pairwise(panel.offsets):
        chosen[first + cusum_rows(returns[first:last], threshold[first:last])] = True
    return chosen


def event_barriers(panel: Panel, spec: EventSpec) -> Labels:
    """Labels (n_rows,) of the chosen bars of traded symbols; every other row is undefined."""
    return triple_barrier(panel, spec.barrier, rows=event_bars(panel, spec))
