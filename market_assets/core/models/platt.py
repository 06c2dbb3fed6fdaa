"""Platt's sigmoid: calibrated probabilities from a logistic curve with two parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from market_assets.core.errors import IntegrityError, NotEnoughDataError

Floats = NDArray[np.float64]
FORMAT = "platt/1"
MAX_STEPS, SMALLEST_STEP, TOLERANCE = 100, 1e-10, 1e-12


def platt_targets(outcome: ArrayLike) -> Floats:
    """Outcomes 0/1 (n,) pulled towards 1/2: (N+ + 1) / (N+ + 2) for a 1, 1 / (N- + 2) for a 0 (Platt 1999)."""
    hits = np.asarray(outcome, dtype=np.float64)
    up = float(hits.sum())
    return np.where(hits > 0, (up + 1.0) / (up + 2.0), 1.0 / (hits.size - up + 2.0))


def sigmoid_fit(scores: ArrayLike, targets: ArrayLike) -> tuple[float, float]:
    """A and B of P = 1 / (1 + exp(A s + B)) with the largest likelihood, by Newton steps that never raise the loss.

    The method of Lin, Lin & Weng (2007) on standardised scores, so that unit and location of the scores do not matter.

    Parameters
    ----------
    scores : (n,) finite. targets : (n,) in [0, 1].

    Raises
    ------
    NotEnoughDataError
        where no finite maximum exists: all targets 0 or 1 and split without overlap by a threshold of the score.
    """
    s, t = np.asarray(scores, dtype=np.float64), np.asarray(targets, dtype=np.float64)
    centre, spread = float(s.mean()), float(s.std())
    mean = float(t.mean())
    if not 0.0 < mean < 1.0:
        raise NotEnoughDataError("a sigmoid needs targets between 0 and 1, or both outcomes")
    a, b = 0.0, float(np.log((1.0 - mean) / mean))
    if spread <= 1e-12 * abs(centre):
        return a, b
    high, low = s[t > 0.0], s[t < 1.0]
    if high.min() >= low.max() or high.max() <= low.min():
        raise NotEnoughDataError("the outcomes are split by a threshold of the score: the sigmoid has no finite slope")
    x = (s - centre) / spread
    loss = _loss(a * x + b, t)
    for _ in range(MAX_STEPS):
        # sums without BLAS: the result does not depend on the number of threads
        p = _probability(a * x + b)
        weight, error = p * (1.0 - p), t - p
        xx, xo, oo = float((weight * x * x).sum()), float((weight * x).sum()), float(weight.sum())
        slope_a, slope_b = float((error * x).sum()), float(error.sum())
        determinant = xx * oo - xo * xo
        step_a = (xo * slope_b - oo * slope_a) / determinant
        step_b = (xo * slope_a - xx * slope_b) / determinant
        gain = slope_a * step_a + slope_b * step_b
        if -gain < TOLERANCE:
            break
        length, after = 1.0, _loss((a + step_a) * x + b + step_b, t)
        while after > loss + 1e-4 * length * gain and length > SMALLEST_STEP:
            length /= 2.0
            after = _loss((a + length * step_a) * x + b + length * step_b, t)
        if after >= loss:  # nothing left to gain in floating point
            break
        a, b, loss = a + length * step_a, b + length * step_b, after
    return a / spread, b - a * centre / spread


@dataclass(frozen=True, eq=False)
class PlattCalibrator:
    """P = 1 / (1 + exp(slope s + offset)), kept in [clip, 1 - clip]; ``slope`` <= 0: it never turns scores round."""

    slope: float
    offset: float
    clip: float

    @staticmethod
    def fit(raw: NDArray[Any], outcome: NDArray[Any], clip: float = 0.001) -> PlattCalibrator:
        """Fit on raw scores (n,) and outcomes (n,) in {0, 1} with Platt's targets, each row counting once.

        Scores that rank the wrong way get the base rate of the targets, as with the isotonic curve.

        Raises
        ------
        NotEnoughDataError
            unless both outcomes occur.
        ValueError
            for scores that are not finite.
        """
        scores, hits = np.asarray(raw, dtype=np.float64), np.asarray(outcome, dtype=np.float64)
        if not np.isfinite(scores).all():
            raise ValueError("raw scores must be finite")
        if not (np.any(hits == 0) and np.any(hits == 1)):
            raise NotEnoughDataError(f"a calibration curve needs both outcomes; {hits.size} rows hold only one")
        targets = platt_targets(hits)
        slope, offset = sigmoid_fit(scores, targets)
        if slope > 0.0:
            slope, offset = sigmoid_fit(np.zeros_like(scores), targets)
        return PlattCalibrator(slope, offset, clip)

    def apply(self, raw: NDArray[Any]) -> Floats:
        """Calibrated P(y = 1), shape of ``raw``."""
        scores = np.asarray(raw, dtype=np.float64)
        return np.clip(_probability(self.slope * scores + self.offset), self.clip, 1.0 - self.clip)

    def to_payload(self) -> dict[str, Any]:
        """Plain JSON-able value; numbers survive JSON exactly."""
        return {"format": FORMAT, "clip": self.clip, "slope": self.slope, "offset": self.offset}

    @staticmethod
    def from_payload(payload: Mapping[str, Any]) -> PlattCalibrator:
        """Rebuild from ``to_payload``.

        Raises
        ------
        IntegrityError
            if it is not a falling or flat sigmoid of that format.
        """
        try:
            if payload["format"] != FORMAT or set(payload) != {"format", "clip", "slope", "offset"}:
                raise IntegrityError(f"expected a calibration curve of format {FORMAT}")
            slope, offset, clip = (float(payload[name]) for name in ("slope", "offset", "clip"))
        except (KeyError, TypeError, ValueError) as error:
            raise IntegrityError(f"a part of the calibration curve is missing: {error}") from error
        if not (np.isfinite([slope, offset]).all() and slope <= 0.0 and 0.0 < clip < 0.5):
            raise IntegrityError("the calibration curve is not a rising sigmoid with a clip in (0, 0.5)")
        return PlattCalibrator(slope, offset, clip)


def _probability(z: Floats) -> Floats:
    """1 / (1 + exp(z)) without overflow."""
    small = np.exp(-np.abs(z))
    return np.where(z >= 0.0, small, 1.0) / (1.0 + small)


def _loss(z: Floats, targets: Floats) -> float:
    """Minus the log likelihood; log(1 + exp(z)) - (1 - t) z, without overflow."""
    return float((np.maximum(z, 0.0) + np.log1p(np.exp(-np.abs(z))) - (1.0 - targets) * z).sum())
