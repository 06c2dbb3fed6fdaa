"""Bars: what features share of a window has the bytes of the plain kernel, which has those of a plain loop."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from market_assets.core.features.bars import Bars
from market_assets.core.features.elementwise import shift
from market_assets.core.features.rolling import (
    rolling_comoment,
    rolling_line,
    rolling_mean,
    rolling_rescaled_range,
    rolling_std,
    rolling_sum,
    rolling_var,
)
from market_assets_tests.core.features.panels import symbol_bars


def bars(kind: str) -> Bars:
    """Random bars; ``flat`` ones stand still for 40 rows, ``gaps`` have rows without a close or a volume."""
    made = Bars(**symbol_bars(150, np.random.Generator(np.random.PCG64(3))))
    close, volume = made.close.copy(), made.volume.copy()
    if kind == "flat":
        close[50:90], volume[60:100] = close[50], 0.0
    if kind == "gaps":
        close[[0, 37, 90]], volume[[2, 91]] = np.nan, np.nan
    if kind == "short":
        return made.last(11)
    return replace(made, close=close, volume=volume)


def same(one: np.ndarray, other: np.ndarray) -> bool:
    """Whether all bytes are equal."""
    return one.tobytes() == other.tobytes()


@pytest.mark.parametrize("window", [5, 14, 20])
@pytest.mark.parametrize("kind", ["plain", "flat", "gaps", "short"])
def test_shared_moments_have_the_bytes_of_the_plain_kernels(kind: str, window: int) -> None:
    """Sums, moments, lines and correlations; the second call of each gives the same."""
    own = bars(kind)
    ret, volume = own.ret, own.volume
    for _ in range(2):
        assert same(own.sum("ret", window), rolling_sum(ret, window))
        assert same(own.mean("ret", window), rolling_mean(ret, window))
        assert same(own.var("ret", window), rolling_var(ret, window))
        assert same(own.std("ret", window), rolling_std(ret, window))
        assert same(own.line("ret", window)[1], rolling_line(ret, window)[1])
        assert same(own.correlation("ret", "volume", window), rolling_comoment(ret, volume, window)[0])
        for lag in (1, 5):
            plain = rolling_comoment(shift(ret, lag), ret, window)[0]
            assert same(own.autocorrelation("ret", lag, window), plain)


@pytest.mark.parametrize("window", [2, 3, 4, 5, 6, 7, 13])
def test_lags_taken_together_round_like_lags_taken_alone(window: int) -> None:
    """A plain loop, newest row first (the path of the rescaled range: oldest first), gives the same bytes."""
    x = bars("plain").ret[1:].copy()
    total, variance, share = np.full((3, x.size), np.nan)
    for row in range(window - 1, x.size):
        total[row] = x[row]
        for lag in range(1, window):
            total[row] += x[row - lag]
        apart = x[row - window + 1 : row + 1] - total[row] / window
        variance[row] = 0.0
        for deviation in apart[::-1]:
            variance[row] += deviation * deviation
        variance[row] /= window - 1
        path = np.concatenate([[0.0], np.cumsum(apart)])
        share[row] = (path.max() - path.min()) / np.sqrt(variance[row] * (window - 1) / window)
    assert same(rolling_sum(x, window), total)
    assert same(rolling_var(x, window), variance)
    assert same(rolling_rescaled_range(x, window), share)
