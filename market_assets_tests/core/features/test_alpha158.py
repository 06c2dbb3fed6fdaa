"""The Alpha158 family against plain definitions, one window after the other, column by column."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view
from scipy.stats import rankdata

from market_assets.core.features.alpha158 import ALPHA158, FEATURES, compute
from market_assets.core.features.alpha158_kernel import WINDOWS
from market_assets_tests.core.features.panels import agree, join, stamps, symbol_bars

N = 200
COLUMNS = symbol_bars(N, np.random.Generator(np.random.PCG64(7)))
# ties of prices and extremes, unchanged volume
COLUMNS["close"][90:93] = COLUMNS["close"][89]
COLUMNS["high"][90:93] = COLUMNS["high"][88:93].max()
COLUMNS["low"][90:93] = COLUMNS["low"][88:93].min()
COLUMNS["volume"][120:123] = COLUMNS["volume"][119]
FAST = dict(zip(ALPHA158.names, compute(join([("A", "", "equity", stamps(N), COLUMNS)])).T, strict=True))
OPEN, H, L, C, V = (COLUMNS[name] for name in ("open", "high", "low", "close", "volume"))
TOP, BOTTOM = np.maximum(OPEN, C), np.minimum(OPEN, C)


def before(x: np.ndarray) -> np.ndarray:
    return np.concatenate([[np.nan], x[:-1]])


def over(x: np.ndarray, w: int, rule: Callable[[np.ndarray], Any]) -> np.ndarray:
    """``rule`` of every full window."""
    return np.array([np.nan] * (w - 1) + [rule(window) for window in sliding_window_view(x, w)])


def mean(x: np.ndarray, w: int) -> np.ndarray:
    return over(x, w, np.mean)


def std(x: np.ndarray, w: int) -> np.ndarray:
    return over(x, w, lambda window: np.std(window, ddof=1))


def line(x: np.ndarray) -> tuple[float, float, float]:
    """Slope, R squared and last residual of the line on time."""
    time = np.arange(len(x))
    slope, intercept = np.polyfit(time, x, 1)
    return slope, np.corrcoef(time, x)[0, 1] ** 2, x[-1] - (intercept + slope * time[-1])


def correlation(x: np.ndarray, y: np.ndarray, w: int) -> np.ndarray:
    windows = zip(sliding_window_view(x, w), sliding_window_view(y, w), strict=True)
    return np.array([np.nan] * (w - 1) + [np.corrcoef(a, b)[0, 1] for a, b in windows])


def place(x: np.ndarray, w: int, which: Callable[[np.ndarray], np.intp]) -> np.ndarray:
    return over(x, w, lambda window: (which(window) + 1) / w)


def share(x: np.ndarray, w: int, sign: int) -> np.ndarray:
    """Sum of moves to one side over the sum of absolute moves."""
    move = x - before(x)
    total = mean(np.abs(move), w)
    return mean(np.where(np.isnan(move), np.nan, np.maximum(sign * move, 0.0)), w) / total


def count(w: int, sign: int) -> np.ndarray:
    move = C - before(C)
    return mean(np.where(np.isnan(move), np.nan, sign * move > 0.0), w)


MOVED = np.abs(C / before(C) - 1) * V
PLAIN: dict[str, Callable[[int], np.ndarray]] = {
    "ROC": lambda w: np.concatenate([[np.nan] * w, C[:-w]]) / C,
    "MA": lambda w: mean(C, w) / C,
    "STD": lambda w: std(C, w) / C,
    "BETA": lambda w: over(C, w, lambda x: line(x)[0]) / C,
    "RSQR": lambda w: over(C, w, lambda x: line(x)[1]),
    "RESI": lambda w: over(C, w, lambda x: line(x)[2]) / C,
    "MAX": lambda w: over(H, w, np.max) / C,
    "MIN": lambda w: over(L, w, np.min) / C,
    "QTLU": lambda w: over(C, w, lambda x: float(np.quantile(x, 0.8))) / C,
    "QTLD": lambda w: over(C, w, lambda x: float(np.quantile(x, 0.2))) / C,
    "RANK": lambda w: over(C, w, lambda x: rankdata(x)[-1] / w),
    "RSV": lambda w: (C - over(L, w, np.min)) / (over(H, w, np.max) - over(L, w, np.min)),
    "IMAX": lambda w: place(H, w, np.argmax),
    "IMIN": lambda w: place(L, w, np.argmin),
    "IMXD": lambda w: place(H, w, np.argmax) - place(L, w, np.argmin),
    "CORR": lambda w: correlation(C, np.log(V + 1), w),
    "CORD": lambda w: correlation(C / before(C), np.log(V / before(V) + 1), w),
    "CNTP": lambda w: count(w, 1),
    "CNTN": lambda w: count(w, -1),
    "CNTD": lambda w: count(w, 1) - count(w, -1),
    "SUMP": lambda w: share(C, w, 1),
    "SUMN": lambda w: share(C, w, -1),
    "SUMD": lambda w: share(C, w, 1) - share(C, w, -1),
    "VMA": lambda w: mean(V, w) / V,
    "VSTD": lambda w: std(V, w) / V,
    "WVMA": lambda w: std(MOVED, w) / mean(MOVED, w),
    "VSUMP": lambda w: share(V, w, 1),
    "VSUMN": lambda w: share(V, w, -1),
    "VSUMD": lambda w: share(V, w, 1) - share(V, w, -1),
}
PLAIN_BARS = {
    "KMID": (C - OPEN) / OPEN,
    "KLEN": (H - L) / OPEN,
    "KMID2": (C - OPEN) / (H - L),
    "KUP": (H - TOP) / OPEN,
    "KUP2": (H - TOP) / (H - L),
    "KLOW": (BOTTOM - L) / OPEN,
    "KLOW2": (BOTTOM - L) / (H - L),
    "KSFT": (2 * C - H - L) / OPEN,
    "KSFT2": (2 * C - H - L) / (H - L),
    "OPEN0": OPEN / C,
    "HIGH0": H / C,
    "LOW0": L / C,
    "VWAP0": (H + L + C) / 3 / C,
}


@pytest.mark.parametrize("name", PLAIN_BARS)
def test_columns_of_one_bar(name: str) -> None:
    """Every column of one bar equals its definition."""
    agree(FAST[name], PLAIN_BARS[name])


@pytest.mark.parametrize("w", WINDOWS)
@pytest.mark.parametrize("name", PLAIN)
def test_operator_equals_its_definition(name: str, w: int) -> None:
    """Every operator over every window equals the definition on the window, with the same rows defined."""
    agree(FAST[f"{name}{w}"], PLAIN[name](w))


def test_the_columns_are_those_of_qlib() -> None:
    """13 columns of one bar and 29 operators over five windows, in qlib's order."""
    assert len(ALPHA158.names) == 158
    assert ALPHA158.names[:13] == tuple(PLAIN_BARS)
    assert ALPHA158.names[13:] == tuple(f"{name}{w}" for name in PLAIN for w in (5, 10, 20, 30, 60))


@pytest.mark.parametrize("name", FEATURES)
def test_lookback_is_what_is_declared(name: str) -> None:
    """The first defined row is the one after the declared look-back."""
    assert int(np.flatnonzero(~np.isnan(FAST[name]))[0]) == FEATURES[name].lookback


def test_gap_empties_the_windows_that_hold_it() -> None:
    """A missing close leaves NaN in every window that holds it, and the values of all others to the byte."""
    holed = {name: values.copy() for name, values in COLUMNS.items()}
    holed["close"][100] = np.nan
    found = dict(zip(ALPHA158.names, compute(join([("A", "", "equity", stamps(N), holed)])).T, strict=True))
    for name in ("MA20", "STD20", "BETA20", "QTLU20", "RANK20", "CORR20"):
        assert np.isnan(found[name][100:120]).all()
        assert found[name][120:].tobytes() == FAST[name][120:].tobytes()


def test_no_information_is_no_number() -> None:
    """A price that never moves and a bar without volume give NaN or 0, never a number made of rounding."""
    flat = {name: np.full(N, 10.1) for name in ("open", "high", "low", "close")} | {"volume": np.zeros(N)}
    found = dict(zip(ALPHA158.names, compute(join([("A", "", "equity", stamps(N), flat)])).T, strict=True))
    for name in ("RSQR60", "RSV60", "CORR60", "CORD60", "SUMP60", "VMA60", "VSTD60", "WVMA60", "VSUMD60"):
        assert np.isnan(found[name]).all()
    for name in ("KMID2", "KUP2", "KLOW2", "KSFT2", "STD60", "BETA60", "CNTP60"):
        assert np.nanmax(np.abs(found[name])) == 0.0
