"""Abdi and Ranaldo's spread against its published case, a plain loop, and a market whose spread is known."""

from __future__ import annotations

import math

import numpy as np
import pytest

from market_assets.core.features.abdi_ranaldo import abdi_ranaldo, squared_spreads
from market_assets_tests.core.features.panels import symbol_bars
from market_assets_tests.golden.cases import cases


@pytest.mark.parametrize("item", cases("abdi_ranaldo_spread"))
def test_published(item) -> None:
    """The products of eight bars, and the two ways to take the root."""
    bars = tuple(np.array(item["inputs"][name]) for name in ("high", "low", "close"))
    expected, tolerance = item["expected"], item["tolerance"]
    np.testing.assert_allclose(squared_spreads(*bars)[1:], expected["products_4x"], rtol=0.0, atol=tolerance)
    np.testing.assert_allclose(abdi_ranaldo(*bars, 1)[1:], expected["two_day_corrected"], rtol=0.0, atol=tolerance)
    mean = abdi_ranaldo(*bars, 7)
    assert mean[-1] == pytest.approx(expected["mean_two_day_corrected"], abs=tolerance, rel=0.0)
    assert np.isnan(mean[:-1]).all()
    assert abdi_ranaldo(*bars, 7, root="mean")[-1] == pytest.approx(expected["monthly_corrected"], abs=tolerance)


def test_equals_the_plain_loop() -> None:
    """Close against the mid-range of its own and of the next day, written out."""
    bars = symbol_bars(120, np.random.Generator(np.random.PCG64(6)))
    high, low, close = (bars[name] for name in ("high", "low", "close"))
    middle = [math.log(h * b) / 2.0 for h, b in zip(high, low, strict=True)]
    pairs = [
        4.0 * (math.log(close[t]) - middle[t]) * (math.log(close[t]) - middle[t + 1]) for t in range(len(close) - 1)
    ]
    np.testing.assert_allclose(squared_spreads(high, low, close)[1:], pairs, rtol=1e-6, atol=1e-15)
    for t in range(20, len(close)):
        window = pairs[t - 20 : t]
        each = sum(math.sqrt(max(value, 0.0)) for value in window) / 20
        mean = math.sqrt(max(sum(window) / 20, 0.0))
        np.testing.assert_allclose(abdi_ranaldo(high, low, close, 20)[t], each, rtol=1e-8)
        np.testing.assert_allclose(abdi_ranaldo(high, low, close, 20, root="mean")[t], mean, rtol=1e-7)


def test_recovers_a_planted_spread() -> None:
    """Days of many trades at mid +- half of 2 %: the root of the mean comes close, and is small without a spread."""
    rng = np.random.Generator(np.random.PCG64(3))
    mid = 100.0 * np.exp(np.cumsum(rng.normal(0.0, 0.01 / math.sqrt(390), (500, 390)).ravel())).reshape(500, 390)
    found = []
    for half in (0.01, 0.0):
        trade = mid * (1.0 + half * rng.choice([-1.0, 1.0], mid.shape))
        found.append(abdi_ranaldo(trade.max(axis=1), trade.min(axis=1), trade[:, -1], 499, root="mean")[-1])
    assert found[0] == pytest.approx(0.02, rel=0.1)
    assert found[1] < 0.005
