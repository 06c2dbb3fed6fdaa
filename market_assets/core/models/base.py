"""The contract of a model family: validated parameters, checked inputs, bytes out, probabilities back."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from market_assets.core.compute import Compute
from market_assets.core.errors import BadInputError, IntegrityError, NotEnoughDataError
from market_assets.core.models.capability import device_for

Params = dict[str, Any]
Floats = NDArray[np.float64]
Matrix = NDArray[np.float32]
MAX_PAYLOAD = 500 * 1024 * 1024


@dataclass(frozen=True)
class Param:
    """Default and closed bounds of one number; ``integer`` refuses fractions."""

    default: float
    low: float
    high: float
    integer: bool = False


@dataclass(frozen=True)
class Family:
    """One model family for P(y = 1).

    Parameters
    ----------
    name, version : identity; the version changes when the same inputs may give other bytes.
    extension : file suffix of the payload, which is in a format that carries no code.
    cuda : whether the family can train on a CUDA device.
    bounds : the parameters it knows.
    train : (x, y, weight, params, compute) -> payload; called with checked inputs only.
    score : (payload, x, threads) -> (n,) P(y = 1); raises IntegrityError for a payload it cannot read.
    gain : payload -> (d,) non-negative importance in any unit.
    """

    name: str
    version: str
    extension: str
    cuda: bool
    bounds: Mapping[str, Param]
    train: Callable[[Matrix, NDArray[np.int8], Floats, Params, Compute], bytes]
    score: Callable[[bytes, Matrix, int], Floats]
    gain: Callable[[bytes], Floats]

    @property
    def defaults(self) -> Params:
        """Every parameter at its default."""
        return {name: param.default for name, param in self.bounds.items()}

    def resolve(self, params: Mapping[str, Any]) -> Params:
        """Return all parameters, the given ones over the defaults.

        Raises
        ------
        BadInputError
            rules ``unknown_parameter``, ``parameter_type``, ``parameter_bounds``.
        """
        unknown = sorted(set(params) - set(self.bounds))
        if unknown:
            allowed = ", ".join(sorted(self.bounds))
            raise BadInputError("unknown_parameter", f"{self.name} has no parameter {unknown[0]!r}; allowed: {allowed}")
        return {name: _checked(self.name, name, params.get(name, p.default), p) for name, p in self.bounds.items()}

    def fit(
        self, x: NDArray[Any], y: NDArray[Any], weight: NDArray[Any], params: Mapping[str, Any], compute: Compute
    ) -> bytes:
        """Train on (n, d) features, NaN meaning "no value", and return the payload.

        Weights are scaled to mean 1 first, so that only their ratios matter. ``compute.seed`` is the seed of
        this fit. On the CPU the same inputs give the same bytes in every process; the bytes may depend on
        ``compute.threads``, which therefore belongs into the manifest.

        Raises
        ------
        BadInputError
            for a wrong parameter, shape, label, weight or an infinite feature.
        NotEnoughDataError
            if one class has no weight, or if every feature is constant.
        """
        resolved = self.resolve(params)
        features = _features(x)
        label, weights = _target(features.shape[0], y, weight)
        if not _varies(features):
            raise NotEnoughDataError(f"{self.name}: every feature is constant on {features.shape[0]} rows")
        device = device_for(self.name, compute.device)
        return self.train(features, label, weights, resolved, replace(compute, device=device))

    def predict(self, payload: bytes, x: NDArray[Any], compute: Compute) -> Floats:
        """P(y = 1) of every row of x, shape (n,). Always on the CPU, so that a model scores the same everywhere.

        Raises
        ------
        IntegrityError
            if the payload is not one this family wrote.
        BadInputError
            if x does not have the features the model was trained on.
        """
        features = _features(x)
        width = self.importance(payload).size if not features.shape[0] else None
        if width is not None:  # the libraries refuse an empty matrix; the width is still checked
            expect_width(self.name, width, features)
            return np.empty(0)
        scores = np.asarray(self.score(_payload(self.name, payload), features, compute.threads), dtype=np.float64)
        if scores.shape != (features.shape[0],) or not np.all((scores >= 0) & (scores <= 1)):
            raise IntegrityError(f"{self.name}: the payload does not give one probability a row")
        return scores

    def importance(self, payload: bytes) -> Floats:
        """Share of each feature in the total gain, shape (d,); all zero when the model uses no feature."""
        gain = np.asarray(self.gain(_payload(self.name, payload)), dtype=np.float64)
        total = gain.sum()
        return gain / total if total > 0 else np.zeros(gain.size)


def malformed(family: str, why: object) -> IntegrityError:
    """The one error of a payload that cannot be read; only the first line of ``why`` is kept."""
    lines = str(why).strip().splitlines() or ["no reason given"]
    return IntegrityError(f"{family}: malformed model payload ({lines[0][:200]}); it was not written by this family")


def expect_width(family: str, features: int, x: Matrix) -> None:
    """Refuse a matrix whose column count is not the model's."""
    if x.shape[1] != features:
        message = f"{family} was trained on {features} features, the matrix has {x.shape[1]}"
        raise BadInputError("feature_count", message)


def _payload(family: str, payload: bytes) -> bytes:
    if not isinstance(payload, bytes) or not 16 <= len(payload) <= MAX_PAYLOAD:
        raise malformed(family, f"expected 16 to {MAX_PAYLOAD} bytes")
    return payload


def _checked(family: str, name: str, value: Any, param: Param) -> float:
    wanted = "a whole number" if param.integer else "a number"
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise BadInputError("parameter_type", f"{family}.{name} must be {wanted}, is {value!r}")
    if param.integer and value != int(value):
        raise BadInputError("parameter_type", f"{family}.{name} must be {wanted}, is {value!r}")
    if not param.low <= value <= param.high:
        message = f"{family}.{name} must lie in {param.low:g} .. {param.high:g}, is {value!r}"
        raise BadInputError("parameter_bounds", message)
    return int(value) if param.integer else float(value)


def _features(x: NDArray[Any]) -> Matrix:
    matrix = np.ascontiguousarray(x, dtype=np.float32)
    if matrix.ndim != 2 or matrix.shape[1] == 0:
        raise BadInputError("feature_shape", f"features must have shape (n, d) with d > 0, have {matrix.shape}")
    if np.isinf(matrix).any():
        raise BadInputError("feature_finite", "features hold an infinite value; NaN is the only gap allowed")
    return matrix


def _target(n: int, y: NDArray[Any], weight: NDArray[Any]) -> tuple[NDArray[np.int8], Floats]:
    label, weights = np.asarray(y), np.asarray(weight, dtype=np.float64)
    if label.shape != (n,) or weights.shape != (n,):
        raise BadInputError("target_shape", f"{n} rows need {n} labels and weights: {label.shape}, {weights.shape}")
    if not np.isin(label, (0, 1)).all():
        raise BadInputError("label_binary", "labels must be 0 or 1")
    if not np.all(np.isfinite(weights) & (weights >= 0)):
        raise BadInputError("weight_range", "weights must be finite and not negative")
    totals = np.bincount(label.astype(np.int64), weights=weights, minlength=2)
    if n == 0 or not np.all(totals > 0):
        raise NotEnoughDataError(f"both classes need weight; {n} rows hold {totals[0]:g} for 0 and {totals[1]:g} for 1")
    return label.astype(np.int8), weights / weights.mean()


def _varies(x: Matrix) -> bool:
    for column in x.T:
        seen = column[~np.isnan(column)]
        if seen.size and seen.min() < seen.max():
            return True
    return False
