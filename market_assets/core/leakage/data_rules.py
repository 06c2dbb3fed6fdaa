"""Leaks in the data themselves, where no perturbation can reach: rules of plausibility."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from market_assets.core.leakage.finding import Finding

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


def judge_lag(detector: str, stage: str, ts: Ints, known: Ints, least: int) -> list[Finding]:
    """Records that claim to be known sooner than ``least`` ticks after the moment ``ts`` they describe.

    A statement stamped as known on the day its period ended is a vendor's history, filled in later.
    """
    early = known - ts < least
    text = f"{int(early.sum())} records are known sooner than {least} ticks after what they describe"
    return [Finding(detector, stage, "publication lag", int(early.sum()), text)] if early.any() else []


def judge_attrition(detector: str, stage: str, close: Floats, hazard: float, level: float = 1e-3) -> list[Finding]:
    """A universe in which implausibly few names end.

    Under at least ``hazard`` ends a name and session the number of ends among the names of ``close`` (T, N; NaN
    after the end) is about Poisson with the mean ``hazard`` x sessions lived; fewer, with a probability below
    ``level``, means that the dead were left out.
    """
    lived = int((~np.isnan(close)).sum())
    ends = int(np.isnan(close[-1]).sum())
    mean = hazard * lived
    tail = sum(math.exp(-mean + k * math.log(mean) - math.lgamma(k + 1)) for k in range(ends + 1)) if mean > 0 else 1.0
    text = f"{ends} names end where about {mean:.1f} should: probability {tail:.2g}"
    return [Finding(detector, stage, "attrition", 1, text)] if tail < level else []


def judge_plausible(
    detector: str, stage: str, values: Floats, close: Floats, bound: float, errors: float = 6.0
) -> list[Finding]:
    """Feature columns too good to be true against the next session's return.

    A column is named when the absolute rank correlation over all cells exceeds ``bound`` and ``errors`` standard
    errors of 1 / sqrt(sessions), names of one session counting once.

    Parameters
    ----------
    values : (T, N, k) features used at the close of each session. close : (T, N).
    """
    later = np.full(close.shape, np.nan)
    later[:-1] = np.log(close[1:] / close[:-1])
    found = []
    for column in range(values.shape[2]):
        both = ~np.isnan(values[:, :, column]) & ~np.isnan(later)
        sessions = int(both.any(axis=1).sum())
        if sessions < 30 or np.ptp(values[:, :, column][both]) == 0.0:
            continue
        ic = abs(np.corrcoef(rankdata(values[:, :, column][both]), rankdata(later[both]))[0, 1])
        if ic > bound and ic * math.sqrt(sessions) > errors:
            text = f"column {column} has a rank correlation of {ic:.2f} with the next return; up to {bound} is believed"
            found.append(Finding(detector, stage, "too good", 1, text))
    return found
