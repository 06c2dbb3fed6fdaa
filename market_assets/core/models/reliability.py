"""How well probability forecasts match frequencies: reliability table, ECE, Brier score and its parts."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from market_assets.core.errors import NotEnoughDataError

Floats = NDArray[np.float64]
Binning = Literal["width", "mass"]


@dataclass(frozen=True)
class ReliabilityBin:
    """One bin: forecasts in (lower, upper], how many, their mean, and the frequency of y = 1 among them."""

    lower: float
    upper: float
    count: int
    mean_forecast: float
    frequency: float

    @property
    def gap(self) -> float:
        """Frequency minus mean forecast."""
        return self.frequency - self.mean_forecast


@dataclass(frozen=True)
class Reliability:
    """Reliability curve over the bins that hold forecasts, in increasing order."""

    bins: tuple[ReliabilityBin, ...]
    n: int

    @property
    def ece(self) -> float:
        """Expected calibration error, the mean absolute gap weighted by count (Guo et al. 2017, eq. 3)."""
        return sum(part.count * abs(part.gap) for part in self.bins) / self.n

    @property
    def mce(self) -> float:
        """Largest absolute gap."""
        return max(abs(part.gap) for part in self.bins)

    def to_payload(self) -> dict[str, Any]:
        """Plain JSON-able value, with the summary figures."""
        return {"n": self.n, "ece": self.ece, "mce": self.mce, "bins": [asdict(part) for part in self.bins]}


@dataclass(frozen=True)
class BrierParts:
    """Brier score = reliability - resolution + uncertainty (Murphy 1973)."""

    brier: float
    reliability: float
    resolution: float
    uncertainty: float

    @property
    def skill(self) -> float:
        """1 - Brier / uncertainty; minus infinity is never returned: one class only is not enough data."""
        if self.uncertainty == 0:
            raise NotEnoughDataError("the Brier skill score needs both outcomes")
        return 1.0 - self.brier / self.uncertainty


def reliability(p: NDArray[Any], y: NDArray[Any], bins: int = 10, binning: Binning = "width") -> Reliability:
    """Reliability table of forecasts p (n,) in [0, 1] for outcomes y (n,) in {0, 1}.

    Parameters
    ----------
    bins : number of bins; empty ones are left out.
    binning : ``width``: equal widths, (lower, upper], with 0 in the first bin. ``mass``: equal counts in
        the stable order of the forecasts, the first bins taking the remainder; bounds are the forecasts seen.

    Raises
    ------
    NotEnoughDataError
        without forecasts.
    ValueError
        for forecasts outside [0, 1], outcomes other than 0 and 1, or less than one bin.
    """
    forecast, outcome = _checked(p, y)
    if bins < 1:
        raise ValueError("a reliability table needs at least one bin")
    parts = []
    if binning == "mass":
        for rows in np.array_split(np.argsort(forecast, kind="stable"), bins):
            if rows.size:
                chosen = forecast[rows]
                parts.append(_bin(float(chosen.min()), float(chosen.max()), chosen, outcome[rows]))
    else:
        which = np.searchsorted(np.arange(1, bins) / bins, forecast, side="left")
        for k in np.unique(which):
            rows = which == k
            parts.append(_bin(float(k / bins), float((k + 1) / bins), forecast[rows], outcome[rows]))
    return Reliability(tuple(parts), forecast.size)


def ece(p: NDArray[Any], y: NDArray[Any], bins: int = 10, binning: Binning = "width") -> float:
    """Expected calibration error, see ``reliability``."""
    return reliability(p, y, bins, binning).ece


def brier(p: NDArray[Any], y: NDArray[Any]) -> float:
    """Mean squared difference of forecast and outcome."""
    forecast, outcome = _checked(p, y)
    return float(np.mean((forecast - outcome) ** 2))


def brier_parts(p: NDArray[Any], y: NDArray[Any]) -> BrierParts:
    """Decomposition over groups of equal forecasts, for which it is exact (Murphy 1973)."""
    forecast, outcome = _checked(p, y)
    values, group, count = np.unique(forecast, return_inverse=True, return_counts=True)
    frequency = np.bincount(group, weights=outcome) / count
    base = float(outcome.mean())
    share = count / forecast.size
    return BrierParts(
        brier=brier(p, y),
        reliability=float(np.sum(share * (values - frequency) ** 2)),
        resolution=float(np.sum(share * (frequency - base) ** 2)),
        uncertainty=base * (1.0 - base),
    )


def _bin(lower: float, upper: float, forecast: Floats, outcome: Floats) -> ReliabilityBin:
    return ReliabilityBin(lower, upper, forecast.size, float(forecast.mean()), float(outcome.mean()))


def _checked(p: NDArray[Any], y: NDArray[Any]) -> tuple[Floats, Floats]:
    forecast, outcome = np.asarray(p, dtype=np.float64), np.asarray(y, dtype=np.float64)
    if forecast.ndim != 1 or forecast.shape != outcome.shape:
        raise ValueError(f"forecasts {forecast.shape} and outcomes {outcome.shape} must be vectors of one length")
    if not forecast.size:
        raise NotEnoughDataError("calibration figures need at least one forecast")
    if not (np.all((forecast >= 0) & (forecast <= 1)) and np.isin(outcome, (0.0, 1.0)).all()):
        raise ValueError("forecasts must lie in [0, 1] and outcomes must be 0 or 1")
    return forecast, outcome
