"""Elastic net: sparse logistic regression on standardised features, stored as our own arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from market_assets.core.compute import Compute
from market_assets.core.errors import IntegrityError
from market_assets.core.models import arrays
from market_assets.core.models.base import Family, Floats, Matrix, Param, Params, expect_width, malformed
from market_assets.core.models.logistic import fit_logistic
from market_assets.core.models.preprocessing import Standardizer

NAME = "elastic_net"
FORMAT = "elastic_net/1"
BOUNDS = {
    "alpha": Param(0.005, 1e-6, 100.0),
    "l1_ratio": Param(0.5, 0.0, 1.0),
    "clip": Param(5.0, 0.5, 100.0),
    "max_steps": Param(100, 1, 10_000, integer=True),
}
_TYPES = {"coefficient": "<f8", "intercept": "<f8", "mean": "<f8", "median": "<f4", "scale": "<f8"}


def train(x: Matrix, y: NDArray[np.int8], weight: Floats, params: Params, compute: Compute) -> bytes:  # noqa: ARG001
    """Fit; nothing is drawn at random, so the seed does not enter."""
    standard = Standardizer.fit(x, params["clip"])
    coefficient, intercept, converged = fit_logistic(
        standard.apply(x),
        y,
        weight,
        alpha=params["alpha"],
        l1_ratio=params["l1_ratio"],
        max_steps=params["max_steps"],
    )
    return arrays.encode(
        {"format": FORMAT, "clip": params["clip"], "converged": converged},
        {
            "median": standard.median,
            "mean": standard.mean,
            "scale": standard.scale,
            "coefficient": coefficient,
            "intercept": np.array([intercept]),
        },
    )


def score(payload: bytes, x: Matrix, threads: int) -> Floats:  # noqa: ARG001 a matrix-vector product
    """P(y = 1) of the linear score."""
    standard, stored = _load(payload)
    expect_width(NAME, standard.median.size, x)
    used = np.flatnonzero(stored["coefficient"])
    part = Standardizer(standard.median[used], standard.mean[used], standard.scale[used], standard.clip)
    z = part.apply(x[:, used]).astype(np.float64)
    linear = np.full(x.shape[0], stored["intercept"][0])
    for k, j in enumerate(used):  # in feature order, without BLAS: the same sum everywhere
        linear += z[:, k] * stored["coefficient"][j]
    return 1.0 / (1.0 + np.exp(-np.clip(linear, -500, 500)))


def gain(payload: bytes) -> Floats:
    """Size of the standardised coefficients."""
    return np.abs(_load(payload)[1]["coefficient"])


def _load(payload: bytes) -> tuple[Standardizer, dict[str, NDArray[Any]]]:
    try:
        meta, stored = arrays.decode(payload)
    except IntegrityError as error:
        raise malformed(NAME, error) from error
    types = {name: array.dtype.str for name, array in stored.items()}
    if meta.get("format") != FORMAT or set(meta) != {"format", "clip", "converged"} or types != _TYPES:
        raise malformed(NAME, "other arrays or another format")
    width = stored["median"].shape
    fits = all(stored[part].shape == width for part in ("mean", "scale", "coefficient"))
    if len(width) != 1 or width[0] == 0 or not fits or stored["intercept"].shape != (1,):
        raise malformed(NAME, "the arrays do not fit together")
    clip = meta["clip"]
    finite = all(np.isfinite(array).all() for array in stored.values())
    if not finite or not np.all(stored["scale"] > 0) or not isinstance(clip, float) or not clip > 0:
        raise malformed(NAME, "a stored number is out of range")
    return Standardizer(stored["median"], stored["mean"], stored["scale"], clip), stored


FAMILY = Family(NAME, "1", "linear", False, BOUNDS, train, score, gain)
