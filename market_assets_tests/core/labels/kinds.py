"""Every kind of label with small parameters, and those that need more than a panel."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from market_assets.core.labels.horizon import BAR_VARIANCE
from market_assets.core.labels.meta import PrimaryPredictions, meta_labels
from market_assets.core.labels.registry import KINDS, make_target
from market_assets.core.labels.spec import LabelSpec, TouchRule
from market_assets.core.labels.target import Target
from market_assets.core.labels.triple_barrier import triple_barrier
from market_assets.core.market.panel import Panel

SMALL = LabelSpec(atr_window=4, profit=1.0, stop=0.75, holding=6, entry="close")
"""Barriers that bind within a few bars of the random panels."""

SMALLER = {
    "triple_barrier": {"atr_window": 4, "profit": 1.0, "stop": 0.75, "holding": 6},
    "volatility": {"horizon": 5},
    "event_barrier": {"threshold": 0.8, "span": 20, "barrier": replace(SMALL, min_return=0.02)},
    "future_regime": {"horizon": 5, "history": 20},
}
"""Parameters that define many labels on a short panel; a kind that is not here takes its defaults."""


def momentum(panel: Panel) -> np.ndarray:
    """A primary side from closes up to the row: that of the last bar's move."""
    side = np.sign(np.diff(panel.close, prepend=np.nan))
    side[panel.offsets[:-1]] = 0.0
    return np.nan_to_num(side).astype(np.int8)


def of_meta(panel: Panel) -> Target:
    """Meta-labels of a rule that no fit was trained for."""
    n, ts = panel.n_rows, panel.ts
    primary = PrimaryPredictions(momentum(panel), np.zeros(n, np.int32), np.zeros((1, n), np.bool_), ts, ts)
    return Target.of_labels(panel, meta_labels(panel, SMALL, primary, np.full(n, 5.0)))


def barrier(**changes) -> Callable[[Panel], Target]:
    """A triple barrier with other options."""
    return lambda panel: Target.of_labels(panel, triple_barrier(panel, replace(SMALL, **changes)))


def small(name: str, **parameters) -> Callable[[Panel], Target]:
    """A registered kind with small parameters, or with those given."""
    spec = KINDS[name].spec(**(parameters or SMALLER.get(name, {})))
    return lambda panel: make_target(panel, spec)


ALL: dict[str, Callable[[Panel], Target]] = {
    **{name: small(name) for name in KINDS},
    "direction, 3 bars from the next open": small("direction", horizon=3, entry="next_open"),
    **{f"volatility, {estimator}": small("volatility", horizon=1, estimator=estimator) for estimator in BAR_VARIANCE},
    "triple barrier, EWM": barrier(volatility="ewm", ewm_span=5),
    "triple barrier, fixed": barrier(volatility="fixed", profit=0.03, stop=0.02),
    "triple barrier, closes": barrier(rule=TouchRule(path="close", touch="strict")),
    "triple barrier, dropped ties": barrier(rule=TouchRule(tie="drop", vertical="zero")),
    "triple barrier, costs": barrier(cost_bp=40.0),
    "meta": of_meta,
}
"""Every label by name; the property tests run over all of them."""
