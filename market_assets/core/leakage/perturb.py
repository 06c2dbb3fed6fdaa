"""Ways to change cells that a computation may not use."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Mask = NDArray[np.bool_]
Change = Callable[[Array, Mask, np.random.Generator], Array]


def noise(values: Array, hidden: Mask, rng: np.random.Generator) -> Array:
    """Floats times a log-normal factor of about 1.2, gaps filled; integers permuted; booleans inverted."""
    if values.dtype.kind != "f":
        return np.where(hidden, ~values, values) if values.dtype.kind == "b" else _permuted(values, hidden, rng)
    factor = np.exp(0.2 * rng.standard_normal(values.shape))
    return np.where(hidden, np.where(np.isnan(values), factor, values * factor), values)


def scale(values: Array, hidden: Mask, rng: np.random.Generator) -> Array:
    """Floats times one million: moves means, quantiles and norms that noise might leave where they are."""
    return np.where(hidden, values * 1e6, values) if values.dtype.kind == "f" else noise(values, hidden, rng)


def void(values: Array, hidden: Mask, rng: np.random.Generator) -> Array:  # noqa: ARG001 - one signature for all
    """Floats become NaN, booleans false, integers stay."""
    if values.dtype.kind == "f":
        return np.where(hidden, np.nan, values)
    return values & ~hidden if values.dtype.kind == "b" else values


def lapse(values: Array, hidden: Mask, rng: np.random.Generator) -> Array:
    """As ``void`` in a random half of the columns (of the rows where there are none): names that end."""
    shape = values.shape[1:2] or values.shape
    gone = rng.random(shape) < 0.5
    gone[rng.integers(shape[0])] = True
    columns = gone.reshape(1, -1, *([1] * (values.ndim - 2))) if values.ndim > 1 else gone
    return void(values, hidden & columns, rng)


def _permuted(values: Array, hidden: Mask, rng: np.random.Generator) -> Array:
    out = values.copy()
    out[hidden] = rng.permutation(values[hidden])
    return out


CHANGES: dict[str, Change] = {"noise": noise, "scale": scale, "void": void, "lapse": lapse}
