"""Targets over a fixed number of bars ahead: direction and realised volatility."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from market_assets.core.features.bars import Bars
from market_assets.core.features.range_estimators import garman_klass_bar, parkinson_bar, rogers_satchell_bar
from market_assets.core.features.rolling import rolling_mean
from market_assets.core.labels.target import Target
from market_assets.core.labels.triple_barrier import Labels, positions, signs
from market_assets.core.market.panel import Floats, Panel
from market_assets.core.spec import spec

BAR_VARIANCE = {
    "close": lambda bars: bars.ret**2,
    "parkinson": parkinson_bar,
    "garman_klass": garman_klass_bar,
    "rogers_satchell": rogers_satchell_bar,
}
"""Variance of one bar from prices of that bar (``close``: and the close before it)."""


@spec
class DirectionSpec:
    """Direction in three classes over ``horizon`` bars.

    Parameters
    ----------
    horizon : bars ahead.
    band : a return smaller than this in size is class 0.
    entry : measured from the ``close`` of the decision bar or from the ``next_open``.
    """

    kind: Literal["direction"] = "direction"
    horizon: Annotated[int, Field(ge=1, le=252)] = 1
    band: Annotated[float, Field(ge=0, lt=1)] = 0.001
    entry: Literal["close", "next_open"] = "close"


@spec
class VolatilitySpec:
    """Realised volatility of the next ``horizon`` bars, per bar.

    Parameters
    ----------
    horizon : bars ahead, such as 1 and 20.
    estimator : variance of a bar; ``close`` squares the log return close to close, the others read its range and
        leave out the gap before it.
    """

    kind: Literal["volatility"] = "volatility"
    horizon: Annotated[int, Field(ge=1, le=252)] = 20
    estimator: Literal["close", "parkinson", "garman_klass", "rogers_satchell"] = "close"


def ahead(panel: Panel, horizon: int) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Row ``horizon`` bars later in the same symbol (n_rows,), its last row where there are fewer, and if it exists."""
    final = np.repeat(panel.offsets[1:] - 1, np.diff(panel.offsets))
    wanted = np.arange(panel.n_rows) + horizon
    return np.minimum(wanted, final), wanted <= final


def direction(panel: Panel, spec: DirectionSpec) -> Labels:
    """Class -1, 0 or 1 of the return over the next bars of every traded symbol.

    Undefined where the bars end before the horizon, or a price is missing or not positive. All labels end at the
    vertical barrier.
    """
    last, there = ahead(panel, spec.horizon)
    entry = panel.close
    if spec.entry == "next_open":
        entry = np.concatenate([panel.open[1:], [np.nan]])
    exit_ = panel.close[last]
    defined = there & (positions(panel, None) != 0) & np.isfinite(entry * exit_) & (entry > 0.0) & (exit_ > 0.0)
    ret = np.divide(exit_, entry, out=np.full(panel.n_rows, np.nan), where=defined) - 1.0
    end_row = np.where(defined, last, -1)
    end_ts = panel.ts[last].astype("datetime64[us]")
    return Labels(defined, signs(ret, spec.band), ret, end_ts, np.zeros(panel.n_rows, np.int8), end_row)


def realised_volatility(panel: Panel, spec: VolatilitySpec) -> Target:
    """Square root of the mean bar variance over the next ``horizon`` bars of every traded symbol.

    Of one bar and closes it is the size of the log return. Undefined where the bars end before the horizon or a price
    among them is missing.
    """
    last, there = ahead(panel, spec.horizon)
    value = np.full(panel.n_rows, np.nan)
    for index, kind in enumerate(panel.kinds):
        rows = panel.rows(index)
        if kind != "level" and rows.stop > rows.start:
            variance = np.ascontiguousarray(BAR_VARIANCE[spec.estimator](Bars.of(panel, index)))
            value[rows] = np.sqrt(rolling_mean(variance, spec.horizon))
    value = np.where(there, value[last], np.nan)
    return Target.of_rows(panel, value, last)


def forward_windows(values: Floats, horizon: int) -> Floats:
    """Mean of the next ``horizon`` values (m,), NaN where they are not complete."""
    out = np.full(values.size, np.nan)
    out[: max(values.size - horizon, 0)] = rolling_mean(np.ascontiguousarray(values), horizon)[horizon:]
    return out
