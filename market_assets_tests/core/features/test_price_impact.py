"""Kyle's lambda and Amihud's illiquidity against their published cases and a planted impact."""

from __future__ import annotations

import numpy as np
import pytest

from market_assets.core.features.price_impact import amihud, amihud_daily, kyle_lambda
from market_assets_tests.golden.cases import cases


@pytest.mark.parametrize("item", cases("kyle_lambda"))
def test_published_lambda(item) -> None:
    """Slope, intercept, t and R squared with an intercept; the slope without one."""
    change = np.array(item["inputs"]["delta_price"])
    signed = np.array(item["inputs"]["signed_volume"], dtype=np.float64)
    close = {"abs": item["tolerance"], "rel": 0.0}
    fit = kyle_lambda(change, signed, len(change))
    expected = item["expected"]
    assert fit.slope[-1] == pytest.approx(expected["lambda_with_intercept"], **close)
    assert fit.intercept[-1] == pytest.approx(expected["intercept"], **close)
    assert fit.t_value[-1] == pytest.approx(expected["t_stat"], **close)
    assert fit.r_squared[-1] == pytest.approx(expected["r2"], **close)
    bare = kyle_lambda(change, signed, len(change), intercept=False)
    assert bare.slope[-1] == pytest.approx(expected["lambda_no_intercept"], **close)
    assert bare.intercept[-1] == 0.0


@pytest.mark.parametrize("item", cases("amihud_illiquidity"))
def test_published_illiquidity(item) -> None:
    """Daily values and their mean; the first day, without volume and without a return, is no observation."""
    close = np.array(item["inputs"]["close"], dtype=np.float64)
    volume = np.array(item["inputs"]["share_volume"])
    expected, exact = item["expected"], {"rtol": 0.0, "atol": item["tolerance"]}
    np.testing.assert_allclose(amihud_daily(close, volume)[1:], expected["daily"], **exact)
    np.testing.assert_allclose(amihud(close, volume, 5)[-1], expected["illiq"], **exact)
    np.testing.assert_allclose(amihud(close, volume, 5)[-1] * 1e6, expected["illiq_x1e6"], rtol=0.0, atol=1e-12)
    impact = amihud_daily(close, volume) * close * volume
    np.testing.assert_allclose(impact[1:], np.abs(expected["returns"]), rtol=0.0, atol=1e-15)


def test_a_planted_impact_is_found() -> None:
    """Prices that move by 3e-6 a share of net volume, plus noise: the slope is that, and significant."""
    rng = np.random.Generator(np.random.PCG64(2))
    signed = rng.normal(0.0, 1e4, 500)
    fit = kyle_lambda(3e-6 * signed + rng.normal(0.0, 0.02, 500), signed, 500)
    assert fit.slope[-1] == pytest.approx(3e-6, rel=0.1)
    assert fit.t_value[-1] > 10.0
    assert abs(kyle_lambda(rng.normal(0.0, 0.02, 500), signed, 500).t_value[-1]) < 3.0


def test_days_without_volume_are_left_out() -> None:
    """The mean is over days that traded, whichever they are; a window of idle days is undefined."""
    rng = np.random.Generator(np.random.PCG64(9))
    close = 20.0 * np.exp(np.cumsum(rng.normal(0.0, 0.02, 60)))
    volume = np.where(rng.random(60) < 0.4, 0.0, rng.uniform(1e3, 1e5, 60))
    volume[30:37] = 0.0
    fast = amihud(close, volume, 6)
    for end in range(6, 60):
        days = [t for t in range(end - 5, end + 1) if volume[t] > 0.0]
        values = [abs(close[t] / close[t - 1] - 1.0) / (close[t] * volume[t]) for t in days]
        np.testing.assert_allclose(fast[end], np.mean(values) if values else np.nan, rtol=1e-12)
    assert np.isnan(fast[[*range(6), 35, 36]]).all()
    assert np.isfinite(np.delete(fast, [*range(6), 35, 36])).all()
