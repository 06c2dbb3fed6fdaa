"""What a model is asked to predict, with the time it takes to know the answer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from market_assets.core.labels.triple_barrier import Labels
from market_assets.core.market.panel import Floats, Panel

Times = NDArray[np.datetime64]


@dataclass(frozen=True, eq=False)
class Target:
    """Values of all rows of a panel; every array has shape (n_rows,).

    ``value`` is a class as a number, or a quantity; NaN where ``defined`` is false. [``t0``, ``t1``] is the closed
    interval of bars that decide the value: the decision bar and the last bar that it reads. Where the value is
    undefined, ``t1`` is the last bar that it could have read.
    """

    defined: NDArray[np.bool_]
    value: Floats
    t0: Times
    t1: Times

    @staticmethod
    def of_labels(panel: Panel, labels: Labels) -> Target:
        """The label as a class, with its interval."""
        value = np.where(labels.defined, labels.label.astype(np.float64), np.nan)
        return Target(labels.defined, value, panel.ts.astype("datetime64[us]"), labels.end_ts)

    @staticmethod
    def of_rows(panel: Panel, value: Floats, last: NDArray[np.int64]) -> Target:
        """Values defined where they are not NaN, that read up to the rows ``last`` (n_rows,)."""
        ts = panel.ts.astype("datetime64[us]")
        return Target(~np.isnan(value), value, ts, ts[last])
