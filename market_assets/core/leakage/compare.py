"""Byte equality of results."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def moved(known: NDArray[Any], again: NDArray[Any]) -> NDArray[np.bool_]:
    """Where two arrays of one shape differ in their bits; NaN equals NaN, 0.0 differs from -0.0.

    Raises
    ------
    ValueError
        for other shapes or types: such results cannot be compared at all.
    """
    if known.shape != again.shape or known.dtype != again.dtype:
        raise ValueError(f"compared {known.dtype}{known.shape} with {again.dtype}{again.shape}")
    if known.dtype.kind != "f":
        return np.asarray(known != again)
    zero = (known == 0) & (np.signbit(known) != np.signbit(again))
    return ((known != again) | zero) & ~(np.isnan(known) & np.isnan(again))
