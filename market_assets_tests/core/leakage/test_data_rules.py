"""Rules for leaks in the data themselves."""

from __future__ import annotations

import numpy as np
from scipy.stats import poisson

from market_assets.core.leakage.data_rules import judge_attrition, judge_lag, judge_plausible


def prices(names: int, ends: int, sessions: int = 200):
    rng = np.random.Generator(np.random.PCG64(0))
    close = np.exp(np.cumsum(0.01 * rng.standard_normal((sessions, names)), axis=0))
    close[sessions // 2 :, :ends] = np.nan
    return close


def test_records_known_too_soon():
    """The lag itself is enough, one tick less is not."""
    ts = np.array([0, 10, 20])
    assert judge_lag("d", "records", ts, ts + 6, least=6) == []
    (found,) = judge_lag("d", "records", ts, ts + np.array([6, 5, 0]), least=6)
    assert found.count == 2


def test_attrition_follows_the_poisson_tail():
    """The verdict turns where the tail of the Poisson distribution crosses the level."""
    for ends in range(6):
        close = prices(20, ends)
        mean = 0.004 * np.count_nonzero(~np.isnan(close))
        wanted = poisson.cdf(ends, mean) < 1e-3
        assert bool(judge_attrition("d", "source", close, hazard=0.004)) == wanted
    assert judge_attrition("d", "source", prices(20, 0), hazard=0.004)
    assert judge_attrition("d", "source", prices(2, 0), hazard=0.004) == []  # too small a universe to tell
    assert judge_attrition("d", "source", prices(20, 0), hazard=0.0) == []


def test_a_feature_can_be_too_good():
    """The next return is named, noisy or not; the last return and a constant are not."""
    close = prices(5, 1)
    returns = np.vstack([np.full(5, np.nan), np.diff(np.log(close), axis=0)])
    later = np.vstack([returns[1:], np.full(5, np.nan)])
    rng = np.random.Generator(np.random.PCG64(1))
    noisy = later + 0.01 * rng.standard_normal(later.shape)
    values = np.stack([returns, later, noisy, np.zeros_like(later), -later], axis=2)
    found = judge_plausible("d", "features", values, close, bound=0.3)
    assert [one.text.split()[1] for one in found] == ["1", "2", "4"]
