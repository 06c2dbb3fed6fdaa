"""The figures people read."""

import math

import numpy as np
import pytest

from market_assets.core.statistics.performance import performance


def test_figures_by_hand():
    """Four sessions small enough to check on paper."""
    net, gross, turnover = [0.01, -0.02, 0.0, 0.03], [0.012, -0.018, 0.0, 0.032], [0.1, 0.2, 0.0, 0.1]
    found = performance(net, gross, turnover, 4.0)
    assert found["sharpe"] == pytest.approx(np.mean(net) / np.std(net, ddof=1) * 2)
    assert found["total_return"] == pytest.approx(1.01 * 0.98 * 1.03 - 1)
    assert found["annual_return"] == pytest.approx(found["total_return"])
    assert found["max_drawdown"] == pytest.approx(-0.02)
    assert found["hit_rate"] == pytest.approx(2 / 3)
    assert found["turnover"] == pytest.approx(0.1)
    assert found["cost_share"] == pytest.approx(0.006 / 0.026)
    assert found["annual_cost"] == pytest.approx(0.006)
    assert found["expected_shortfall"] == pytest.approx(0.02)


def test_undefined_figures_are_none_and_the_rest_finite():
    """An idle account has no ratios; nothing is NaN or infinite."""
    found = performance(np.zeros(5), np.zeros(5), np.zeros(5), 252.0)
    gaps = {name for name, value in found.items() if value is None}
    assert gaps == {"sharpe", "sortino", "calmar", "cost_share", "hit_rate"}
    assert all(value is None or math.isfinite(value) for value in found.values())
