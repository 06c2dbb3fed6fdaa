"""The volatility family against plain pandas definitions, and its known values."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from market_assets.core.features.volatility import VOLATILITY, compute, recall
from market_assets_tests.core.features.panels import agree, bars_and_frame

BARS, FRAME = bars_and_frame()
FAST = {**compute(BARS), **recall(BARS)}
OPEN, H, L, C = (FRAME[name] for name in ("open", "high", "low", "close"))
R = np.log(C).diff()
NIGHT, DAY = np.log(OPEN / C.shift(1)), np.log(C / OPEN)
PARKINSON = np.log(H / L) ** 2 / (4 * np.log(2))
GARMAN_KLASS = 0.5 * np.log(H / L) ** 2 - (2 * np.log(2) - 1) * DAY**2
ROGERS_SATCHELL = np.log(H / C) * np.log(H / OPEN) + np.log(L / C) * np.log(L / OPEN)


def yang_zhang(n: int) -> pd.Series:
    k = 0.34 / (1.34 + (n + 1) / (n - 1))
    return NIGHT.rolling(n).var() + k * DAY.rolling(n).var() + (1 - k) * ROGERS_SATCHELL.rolling(n).mean()


def semivariance(n: int) -> pd.Series:
    return (R.clip(upper=0) ** 2).rolling(n).sum() / (R**2).rolling(n).sum()


def jump_share(n: int) -> pd.Series:
    bipower = np.pi / 2 * (R.abs() * R.abs().shift(1)).rolling(n).mean()
    return (1 - bipower / (R**2).rolling(n).mean()).clip(lower=0)


def overnight(n: int) -> pd.Series:
    return (NIGHT**2).rolling(n).sum() / (NIGHT**2 + DAY**2).rolling(n).sum()


def ewma() -> pd.Series:
    return (R**2).ewm(alpha=0.06, min_periods=20).mean() ** 0.5


def root_mean(variance: pd.Series, n: int) -> pd.Series:
    return variance.rolling(n).mean() ** 0.5


PLAIN: dict[str, Callable[[], pd.Series]] = {
    **{f"vol_parkinson_{n}": (lambda n=n: root_mean(PARKINSON, n)) for n in (10, 20, 60)},
    **{f"vol_garman_klass_{n}": (lambda n=n: root_mean(GARMAN_KLASS, n)) for n in (10, 20, 60)},
    **{f"vol_rogers_satchell_{n}": (lambda n=n: root_mean(ROGERS_SATCHELL, n)) for n in (10, 20, 60)},
    **{f"vol_yang_zhang_{n}": (lambda n=n: yang_zhang(n) ** 0.5) for n in (10, 20, 60)},
    **{f"vol_close_{n}": (lambda n=n: R.rolling(n).std()) for n in (10, 20, 60)},
    "vol_ewma_94": ewma,
    "vol_term_parkinson_10_60": lambda: root_mean(PARKINSON, 10) / root_mean(PARKINSON, 60),
    "vol_term_yang_zhang_10_60": lambda: (yang_zhang(10) / yang_zhang(60)) ** 0.5,
    "vol_term_close_20_60": lambda: R.rolling(20).std() / R.rolling(60).std(),
    "vol_change_10": lambda: np.log(ewma() / ewma().shift(10)),
    "vol_of_vol_20": lambda: (GARMAN_KLASS**0.5).rolling(20).std() / (GARMAN_KLASS**0.5).rolling(20).mean(),
    "vol_of_vol_60": lambda: root_mean(PARKINSON, 10).rolling(60).std() / root_mean(PARKINSON, 10).rolling(60).mean(),
    **{f"semivariance_{n}": (lambda n=n: semivariance(n)) for n in (20, 60)},
    **{f"jump_share_{n}": (lambda n=n: jump_share(n)) for n in (20, 60)},
    **{f"overnight_variance_{n}": (lambda n=n: overnight(n)) for n in (20, 60)},
    "vol_range_close_20": lambda: root_mean(PARKINSON, 20) / R.rolling(20).std(),
    "vol_persistence_60": lambda: R.abs().rolling(60).corr(R.abs().shift(1)),
    "vol_leverage_60": lambda: R.abs().rolling(60).corr(R.shift(1)),
    "vol_rank_100": lambda: (root_mean(PARKINSON, 10).rolling(100).rank() - 1) / 99,
}


@pytest.mark.parametrize("name", VOLATILITY.names)
def test_feature_equals_its_definition(name: str) -> None:
    """Every feature of the family equals its pandas definition on 260 random bars."""
    agree(FAST[name], PLAIN[name](), rtol=1e-7, atol=1e-10)


def test_ewma_span5_published() -> None:
    """The EWM mean behind the family gives the published span-5 values on 15 closes."""
    from market_assets.core.features.recursive import ema

    close = np.array([100, 101, 100.5, 102.5, 101, 99, 98, 98.5, 103, 104, 103.5, 103.5, 101, 100, 100])
    ret = np.diff(close) / close[:-1]
    mean, square = ema(ret, 5), ema(ret * ret, 5)
    weights = (2.0 / 3.0) ** np.arange(len(ret))[::-1]
    debias = weights.sum() ** 2 / (weights.sum() ** 2 - (weights**2).sum())
    assert np.sqrt((square[-1] - mean[-1] ** 2) * debias) == pytest.approx(0.014289663141977257, abs=1e-10)
