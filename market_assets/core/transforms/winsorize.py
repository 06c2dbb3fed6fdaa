"""Winsorization: values beyond two training quantiles become those quantiles (Tukey 1962)."""

from __future__ import annotations

import numpy as np

from market_assets.core.transforms.base import LARGEST, Matrix, Rows, State, Transform, shaped
from market_assets.core.transforms.spec import WinsorizeSpec


def fit(rows: Rows, spec: WinsorizeSpec, seed: int) -> State:  # noqa: ARG001 nothing is drawn
    """Lower and upper bound of every column, shape (d,) float32; a column without values is not bounded."""
    low = np.full(rows.x.shape[1], -LARGEST, dtype=np.float32)
    high = -low
    for j in range(rows.x.shape[1]):
        column = rows.x[:, j]
        seen = column[~np.isnan(column)].astype(np.float64)
        if seen.size:
            low[j], high[j] = np.quantile(seen, [spec.low, spec.high])
    return State(rows.names, {"low": low, "high": high})


def transform(state: State, rows: Rows) -> Matrix:
    """Values between the bounds; NaN stays NaN."""
    return np.clip(rows.x, state.values["low"], state.values["high"])


def _sound(state: State) -> bool:
    wide = ("<f4", (len(state.names),))
    return shaped(state, low=wide, high=wide) and bool(np.all(state.values["low"] <= state.values["high"]))


WINSORIZE = Transform("winsorize", "1", WinsorizeSpec, fit, transform, lambda state: state.names, _sound)
