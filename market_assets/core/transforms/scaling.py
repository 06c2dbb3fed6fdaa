"""(x - centre) / scale column by column: by mean and standard deviation, or by median and absolute deviation."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from market_assets.core.transforms.base import Floats, Matrix, Rows, State, Transform, shaped, to_matrix
from market_assets.core.transforms.spec import MedianMadSpec, StandardSpec

MAD_TO_SD = 1.4826
MEAN_AD_TO_SD = 1.2533
"""Factors that make either deviation the standard deviation of a normal sample (Iglewicz & Hoaglin 1993)."""

_ROUNDING = 1e-7
"""A spread below this share of the centre is rounding of float32, and counts as none."""


def mean_and_deviation(seen: Floats) -> tuple[float, float]:
    """Mean and population standard deviation of the values (n,)."""
    return float(seen.mean()), float(seen.std())


def median_and_deviation(seen: Floats) -> tuple[float, float]:
    """Median and scaled median absolute deviation; the scaled mean absolute deviation where the former is 0.

    A column that is mostly one value has a median deviation of 0 although it varies (Iglewicz & Hoaglin 1993).
    """
    centre = float(np.median(seen))
    size = np.abs(seen - centre)
    return centre, MAD_TO_SD * float(np.median(size)) or MEAN_AD_TO_SD * float(size.mean())


def _fit(rows: Rows, measure: Callable[[Floats], tuple[float, float]]) -> State:
    """Centre and scale of every column; a column without spread gets scale 1, one without values centre 0 as well."""
    d = rows.x.shape[1]
    centre, scale = np.zeros(d), np.ones(d)
    for j in range(d):
        column = rows.x[:, j]
        seen = column[~np.isnan(column)].astype(np.float64)
        if seen.size:
            centre[j], spread = measure(seen)
            scale[j] = spread if spread > _ROUNDING * max(abs(centre[j]), 1e-30) else 1.0
    return State(rows.names, {"centre": centre, "scale": scale})


def _transform(state: State, rows: Rows) -> Matrix:
    return to_matrix((rows.x - state.values["centre"]) / state.values["scale"])


def _sound(state: State) -> bool:
    wide = ("<f8", (len(state.names),))
    return shaped(state, centre=wide, scale=wide) and bool(np.all(state.values["scale"] > 0))


STANDARD = Transform(
    kind="standard",
    version="1",
    spec=StandardSpec,
    fit=lambda rows, _spec, _seed: _fit(rows, mean_and_deviation),
    transform=_transform,
    columns=lambda state: state.names,
    sound=_sound,
)
MEDIAN_MAD = Transform(
    kind="median_mad",
    version="1",
    spec=MedianMadSpec,
    fit=lambda rows, _spec, _seed: _fit(rows, median_and_deviation),
    transform=_transform,
    columns=lambda state: state.names,
    sound=_sound,
)
