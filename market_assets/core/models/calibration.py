"""Calibration: map raw scores to frequencies with a monotone curve, isotonic by default."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from market_assets.core.errors import IntegrityError, NotEnoughDataError
from market_assets.core.models.platt import FORMAT as PLATT
from market_assets.core.models.platt import PlattCalibrator
from market_assets.core.models.reliability import brier, ece, reliability
from market_assets.core.spec import spec

__all__ = [
    "CalibrationSpec",
    "Calibrator",
    "Curve",
    "PlattCalibrator",
    "brier",
    "ece",
    "fit_curve",
    "isotonic_pav",
    "reliability",
]

Floats = NDArray[np.float64]
FORMAT = "isotonic/1"


@spec
class CalibrationSpec:
    """How the scores of a fit are calibrated.

    Parameters
    ----------
    method : ``isotonic``, any rising curve; or ``platt``, a sigmoid, for parts too small to show more.
    fraction : share of the training sessions, the last ones, that is kept for the curve.
    min_rows : rows the model and the curve need each.
    clip : calibrated values stay in [clip, 1 - clip]: a frequency of 0 or 1 in a sample is never certainty.
    """

    method: Literal["isotonic", "platt"] = "isotonic"
    fraction: Annotated[float, Field(gt=0, lt=1)] = 0.2
    min_rows: Annotated[int, Field(ge=2, le=1_000_000)] = 100
    clip: Annotated[float, Field(gt=0, lt=0.5)] = 0.001


def isotonic_pav(y: NDArray[Any], weight: NDArray[Any] | None = None) -> Floats:
    """Non-decreasing least-squares fit to y (n,) by pooling adjacent violators (Ayer et al. 1955)."""
    from scipy.optimize import isotonic_regression

    values = np.asarray(y, dtype=np.float64)
    return np.asarray(isotonic_regression(values, weights=weight).x, dtype=np.float64)


@dataclass(frozen=True, eq=False)
class Calibrator:
    """Piecewise linear, non-decreasing curve through the isotonic fit.

    Parameters
    ----------
    x : (k,) increasing raw scores where the fit changes. y : (k,) fitted frequencies there, in [0, 1].
    clip : bound of the result, see ``CalibrationSpec``.
    """

    x: Floats
    y: Floats
    clip: float

    @staticmethod
    def fit(raw: NDArray[Any], outcome: NDArray[Any], clip: float = 0.001) -> Calibrator:
        """Fit on raw scores (n,) and outcomes (n,) in {0, 1}, each row counting once.

        Equal scores are pooled first. Of each level only both ends are kept, which leaves the curve unchanged.

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
        values, group, count = np.unique(scores, return_inverse=True, return_counts=True)
        fitted = np.clip(isotonic_pav(np.bincount(group, weights=hits) / count, count.astype(np.float64)), 0.0, 1.0)
        changes = fitted[1:] != fitted[:-1]
        ends = np.concatenate(([True], changes)) | np.concatenate((changes, [True]))
        return Calibrator(values[ends], fitted[ends], clip)

    def apply(self, raw: NDArray[Any]) -> Floats:
        """Calibrated P(y = 1), shape of ``raw``: linear between the kept scores, constant outside them."""
        return np.clip(np.interp(raw, self.x, self.y), self.clip, 1.0 - self.clip)

    def to_payload(self) -> dict[str, Any]:
        """Plain JSON-able value; numbers survive JSON exactly."""
        return {"format": FORMAT, "clip": self.clip, "x": self.x.tolist(), "y": self.y.tolist()}

    @staticmethod
    def from_payload(payload: Mapping[str, Any]) -> Curve:
        """Rebuild a curve of any method from its ``to_payload``.

        Raises
        ------
        IntegrityError
            if it is not a monotone curve of its format.
        """
        try:
            if payload["format"] == PLATT:
                return PlattCalibrator.from_payload(payload)
            if payload["format"] != FORMAT or set(payload) != {"format", "clip", "x", "y"}:
                raise IntegrityError(f"expected a calibration curve of format {FORMAT}")
            x, y = np.array(payload["x"], dtype=np.float64), np.array(payload["y"], dtype=np.float64)
            clip = float(payload["clip"])
        except (KeyError, TypeError, ValueError) as error:
            raise IntegrityError(f"a part of the calibration curve is missing: {error}") from error
        if x.ndim != 1 or not x.size or x.shape != y.shape or not 0 < clip < 0.5:
            raise IntegrityError("the calibration curve has the wrong shape")
        in_order = np.isfinite(x).all() and np.all(np.diff(x) > 0) and np.all(np.diff(y) >= 0)
        if not in_order or not np.all((y >= 0) & (y <= 1)):
            raise IntegrityError("the calibration curve is not monotone in [0, 1]")
        return Calibrator(x, y, clip)


Curve = Calibrator | PlattCalibrator


def fit_curve(raw: NDArray[Any], outcome: NDArray[Any], calibration: CalibrationSpec) -> Curve:
    """Fit the curve that ``calibration`` names on raw scores (n,) and outcomes (n,); errors as ``Calibrator.fit``."""
    fit = PlattCalibrator.fit if calibration.method == "platt" else Calibrator.fit
    return fit(raw, outcome, calibration.clip)
