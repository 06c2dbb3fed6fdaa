"""Corwin and Schultz' spread against its published case, a plain loop, and a market whose spread is known."""

from __future__ import annotations

import math

import numpy as np
import pytest

from market_assets.core.features.corwin_schultz import corwin_schultz, two_days
from market_assets_tests.core.features.panels import symbol_bars
from market_assets_tests.golden.cases import cases


def plain(high, low, close, *, overnight: bool) -> list[float]:
    """Equations 14 and 18 as printed, one pair of days at a time."""
    found = []
    for i in range(1, len(high)):
        top, bottom = high[i], low[i]
        if overnight and bottom > close[i - 1]:
            top, bottom = top - (bottom - close[i - 1]), close[i - 1]
        elif overnight and top < close[i - 1]:
            top, bottom = close[i - 1], bottom + (close[i - 1] - top)
        beta = math.log(high[i - 1] / low[i - 1]) ** 2 + math.log(top / bottom) ** 2
        gamma = math.log(max(high[i - 1], top) / min(low[i - 1], bottom)) ** 2
        root = 3 - 2 * math.sqrt(2)
        alpha = (math.sqrt(2 * beta) - math.sqrt(beta)) / root - math.sqrt(gamma / root)
        found.append(2 * (math.exp(alpha) - 1) / (1 + math.exp(alpha)))
    return found


@pytest.mark.parametrize("item", cases("corwin_schultz_spread"))
def test_published(item) -> None:
    """Every term and every convention of eight bars."""
    bars = tuple(np.array(item["inputs"][name]) for name in ("high", "low", "close"))
    expected, tolerance = item["expected"], item["tolerance"]
    raw, adjusted = two_days(*bars, overnight=False), two_days(*bars, overnight=True)
    for name in ("beta", "gamma", "alpha"):
        np.testing.assert_allclose(getattr(raw, name)[1:], expected[name], rtol=0.0, atol=tolerance)
    np.testing.assert_allclose(raw.spread[1:], expected["spread_raw"], rtol=0.0, atol=tolerance)
    np.testing.assert_allclose(adjusted.spread[1:], expected["spread_overnight_adjusted_raw"], rtol=0.0, atol=tolerance)
    single = corwin_schultz(*bars, 1, overnight=False)
    np.testing.assert_allclose(single[1:], expected["spread_floored_at_0"], rtol=0.0, atol=tolerance)
    whole = {floor: corwin_schultz(*bars, 7, floor=floor, overnight=False)[-1] for floor in ("each", "mean")}
    assert whole["each"] == pytest.approx(expected["mean_of_floored"], abs=tolerance, rel=0.0)
    assert whole["mean"] == pytest.approx(expected["mean_raw_then_floor"], abs=tolerance, rel=0.0)


@pytest.mark.parametrize("overnight", [True, False])
def test_equals_the_plain_loop(overnight: bool) -> None:
    """On bars with many gaps, which the published case has none of."""
    bars = symbol_bars(300, np.random.Generator(np.random.PCG64(5)))
    high, low, close = (bars[name] for name in ("high", "low", "close"))
    gaps = (low[1:] > close[:-1]) | (high[1:] < close[:-1])
    assert 30 < gaps.sum() < 290
    fast = two_days(high, low, close, overnight=overnight).spread
    np.testing.assert_allclose(fast[1:], plain(high, low, close, overnight=overnight), rtol=1e-10, atol=1e-14)
    assert np.isnan(fast[0])


def test_a_gap_is_not_a_spread() -> None:
    """A jump over night leaves the adjusted estimate where it was, and sinks the other far below zero."""
    high, low, close = np.array([101.0, 101.0]), np.array([99.0, 99.0]), np.array([99.0, 100.0])
    jumped = two_days(high * [1.0, 2.0], low * [1.0, 2.0], close, overnight=True).spread[1]
    assert jumped == pytest.approx(two_days(high, low, close).spread[1], abs=0.02)
    assert two_days(high * [1.0, 2.0], low * [1.0, 2.0], close, overnight=False).spread[1] < -0.5


def test_recovers_a_planted_spread() -> None:
    """Days of many trades at mid +- half of 2 %: the mean two-day spread comes close, without a spread it does not."""
    rng = np.random.Generator(np.random.PCG64(3))
    mid = 100.0 * np.exp(np.cumsum(rng.normal(0.0, 0.01 / math.sqrt(390), (400, 390)).ravel())).reshape(400, 390)
    found = []
    for half in (0.01, 0.0):
        trade = mid * (1.0 + half * rng.choice([-1.0, 1.0], mid.shape))
        found.append(np.nanmean(two_days(trade.max(axis=1), trade.min(axis=1), trade[:, -1]).spread))
    assert found[0] == pytest.approx(0.02, rel=0.15)
    assert abs(found[1]) < 0.002
