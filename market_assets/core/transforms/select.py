"""Column selection: what is missing, constant or redundant on the training rows goes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from market_assets.core.errors import NotEnoughDataError
from market_assets.core.transforms.base import Floats, Matrix, Rows, State, Transform, shaped
from market_assets.core.transforms.spec import SelectSpec


def pairwise_correlation(x: Matrix) -> Floats:
    """Pearson correlation (d, d) of columns over the rows where both have a value; NaN where it is undefined."""
    seen = ~np.isnan(x)
    count = seen.sum(axis=0)
    wide = np.where(seen, x, 0.0).astype(np.float64)
    centred = np.where(seen, wide - wide.sum(axis=0) / np.maximum(count, 1), 0.0)
    size = np.sqrt((centred**2).sum(axis=0) / np.maximum(count, 1))
    z = centred / np.where(size > 0, size, 1.0)  # scaled first: the sums below then lose no digits
    both = seen.astype(np.float64)
    pairs = both.T @ both
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = (z.T @ both) / pairs  # of a column over the rows of the pair
        spread = ((z**2).T @ both) / pairs - mean**2
        covariance = (z.T @ z) / pairs - mean * mean.T
        found = covariance / np.sqrt(spread * spread.T)
    return np.where((spread > 1e-12) & (spread.T > 1e-12), found, np.nan)


def _varying(x: Matrix) -> NDArray[np.int64]:
    """Columns with at least two different values."""
    varies = []
    for j in range(x.shape[1]):
        seen = x[:, j][~np.isnan(x[:, j])]
        varies.append(bool(seen.size) and seen.min() < seen.max())
    return np.flatnonzero(varies)


def fit(rows: Rows, spec: SelectSpec, seed: int) -> State:  # noqa: ARG001 nothing is drawn
    """Numbers of the columns that stay, shape (m,) int32, increasing. Of two redundant columns the first stays.

    Raises
    ------
    NotEnoughDataError
        when no column varies.
    """
    varying = _varying(rows.x)
    if not varying.size:
        raise NotEnoughDataError(f"select: every column is constant on {len(rows.x)} training rows")
    size = np.abs(pairwise_correlation(rows.x[:, varying]))
    kept: list[int] = []
    for j in range(varying.size):
        if not np.any(size[j, kept] > spec.max_correlation):
            kept.append(j)
    return State(rows.names, {"kept": varying[kept].astype(np.int32)})


def transform(state: State, rows: Rows) -> Matrix:
    """The columns that stay."""
    return np.ascontiguousarray(rows.x[:, state.values["kept"]])


def _columns(state: State) -> tuple[str, ...]:
    return tuple(state.names[j] for j in state.values["kept"])


def _sound(state: State) -> bool:
    kept = state.values["kept"]
    inside = kept.size > 0 and kept.min() >= 0 and kept.max() < len(state.names)
    return shaped(state, kept=("<i4", (kept.size,))) and bool(inside) and bool(np.all(np.diff(kept) > 0))


SELECT = Transform("select", "1", SelectSpec, fit, transform, _columns, _sound)
