"""Direction and realised volatility of the bars ahead, against plain definitions."""

from __future__ import annotations

import math

import numpy as np
import pytest
from pydantic import ValidationError

from market_assets.core.labels.horizon import (
    BAR_VARIANCE,
    DirectionSpec,
    VolatilitySpec,
    direction,
    forward_windows,
    realised_volatility,
)
from market_assets_tests.core.labels.panels import panel_of, random_panel


def bars_of(closes):
    return panel_of({"A": np.array([[close, close + 1, close - 1, close] for close in closes])})


def test_next_day_direction_has_three_classes():
    """+-0.1 % of the next close against this one; a move exactly at the band is a direction."""
    labels = direction(bars_of([100.0, 100.1, 100.05, 99.9, 100.05, 100.05]), DirectionSpec(band=0.0009))
    assert labels.label.tolist() == [1, 0, -1, 1, 0, 0]
    assert labels.defined.tolist() == [True] * 5 + [False]
    assert labels.ret[0] == pytest.approx(0.001)
    exact = direction(bars_of([1.0, 1.25, 1.0]), DirectionSpec(band=0.25))
    assert exact.label.tolist() == [1, 0, 0]


@pytest.mark.parametrize("entry", ["close", "next_open"])
@pytest.mark.parametrize("horizon", [1, 4])
def test_direction_equals_the_definition(entry, horizon):
    """Row by row within each symbol, with missing prices."""
    panel = random_panel(np.random.default_rng(2), missing=0.02)
    labels = direction(panel, DirectionSpec(horizon=horizon, entry=entry, band=0.01))
    for index in range(len(panel.symbols)):
        rows = range(panel.rows(index).start, panel.rows(index).stop)
        for t in rows:
            last = t + horizon
            wanted = math.nan
            if last in rows:
                wanted = panel.close[last] / (panel.close[t] if entry == "close" else panel.open[t + 1]) - 1
            assert labels.ret[t] == pytest.approx(wanted, nan_ok=True)
            assert labels.defined[t] == np.isfinite(wanted)
            assert labels.label[t] == (0 if not abs(wanted) >= 0.01 else np.sign(wanted))
            assert labels.end_ts[t] == panel.ts[min(last, rows[-1])]
            assert labels.end_row[t] == (last if np.isfinite(wanted) else -1)


def plain_variance(panel, t, estimator):
    """Variance of one bar from its prices."""
    o, h, low, c = (math.log(x[t]) for x in (panel.open, panel.high, panel.low, panel.close))
    if estimator == "close":
        return (c - math.log(panel.close[t - 1])) ** 2
    if estimator == "parkinson":
        return (h - low) ** 2 / (4 * math.log(2))
    if estimator == "garman_klass":
        return 0.5 * (h - low) ** 2 - (2 * math.log(2) - 1) * (c - o) ** 2
    return (h - c) * (h - o) + (low - c) * (low - o)


@pytest.mark.parametrize("estimator", BAR_VARIANCE)
@pytest.mark.parametrize("horizon", [1, 5])
def test_volatility_equals_the_definition(estimator, horizon):
    """Root of the mean variance of the bars t + 1 .. t + h, and of no other."""
    panel = random_panel(np.random.default_rng(3), symbols=2, days=40)
    target = realised_volatility(panel, VolatilitySpec(horizon=horizon, estimator=estimator))
    for index in range(2):
        rows = range(panel.rows(index).start, panel.rows(index).stop)
        for t in rows:
            wanted = math.nan
            if t + horizon in rows:
                ahead = range(t + 1, t + horizon + 1)
                wanted = math.sqrt(np.mean([plain_variance(panel, k, estimator) for k in ahead]))
            assert target.value[t] == pytest.approx(wanted, rel=1e-12, abs=1e-12, nan_ok=True)


def test_next_day_volatility_on_closes_is_the_size_of_the_return():
    """One squared return has no mean to take away."""
    target = realised_volatility(bars_of([100.0, 110.0, 99.0]), VolatilitySpec(horizon=1))
    np.testing.assert_allclose(target.value, [math.log(1.1), -math.log(0.9), np.nan])


def test_forward_windows_are_means_of_what_comes():
    """The value itself is not among them; incomplete windows are missing."""
    np.testing.assert_array_equal(forward_windows(np.array([9.0, 1.0, 3.0, 5.0]), 2), [2.0, 4.0, np.nan, np.nan])
    assert np.isnan(forward_windows(np.ones(2), 5)).all()


@pytest.mark.parametrize("bad", [{"horizon": 0}, {"estimator": "yang_zhang"}, {"band": -0.1}])
def test_specs_refuse(bad):
    """A parameter out of bounds, or of another record."""
    for record in (DirectionSpec, VolatilitySpec):
        with pytest.raises(ValidationError):
            record(**bad)
