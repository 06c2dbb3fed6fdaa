"""What every statistic accepts: finite float64 arrays of per-period returns."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from market_assets.core.errors import BadInputError, Location, NotEnoughDataError
from market_assets.core.market.panel import Floats


def as_returns(values: ArrayLike, minimum: int = 1) -> Floats:
    """Return ``values`` as a finite float64 array of shape (T,).

    Raises
    ------
    BadInputError
        rule ``one_dimension`` or ``finite_returns`` (the row is 0-based).
    NotEnoughDataError
        fewer than ``minimum`` periods.
    """
    array = np.ascontiguousarray(values, dtype=np.float64)
    if array.ndim != 1:
        raise BadInputError("one_dimension", f"expected returns of shape (T,), got {array.shape}")
    _check(array[:, None], minimum)
    return array


def as_matrix(values: ArrayLike, minimum: int = 1) -> Floats:
    """Return ``values`` as a finite, C-ordered float64 array of shape (T, N); errors as in ``as_returns``."""
    array = np.ascontiguousarray(values, dtype=np.float64)
    if array.ndim != 2:
        raise BadInputError("two_dimensions", f"expected a matrix of shape (T, N), got {array.shape}")
    _check(array, minimum)
    return array


def _check(array: Floats, minimum: int) -> None:
    finite = np.isfinite(array)
    if not finite.all():
        row, column = np.argwhere(~finite)[0]
        where = Location(row=int(row), column=str(int(column)) if array.shape[1] > 1 else None)
        raise BadInputError("finite_returns", f"{int((~finite).sum())} values are not finite", where)
    if array.shape[0] < minimum or array.shape[1] < 1:
        raise NotEnoughDataError(f"{array.shape[0]} periods of {array.shape[1]} series; at least {minimum} are needed")
