"""Exact intervals and the power of a single test."""

import numpy as np
import pytest
from scipy.stats import binom, ttest_1samp

from benchmarks.characteristic.exact import clopper_pearson, single_test_power, single_test_power_normal


def test_interval_of_ten_in_a_hundred():
    """The textbook case: 4.90 % to 17.62 %; none of n has the closed form 1 - 0.025^(1/n)."""
    assert clopper_pearson(10, 100) == pytest.approx((0.049005, 0.176223), abs=1e-6)
    assert clopper_pearson(0, 2000) == pytest.approx((0.0, 1.0 - 0.025 ** (1 / 2000)))
    assert clopper_pearson(2000, 2000) == pytest.approx((0.025 ** (1 / 2000), 1.0))


@pytest.mark.parametrize(("hits", "count"), [(1, 150), (7, 40), (39, 40)])
def test_interval_ends_where_the_tails_hold_2_5_percent(hits, count):
    """The definition, by the binomial distribution."""
    low, high = clopper_pearson(hits, count)
    assert binom.sf(hits - 1, count, low) == pytest.approx(0.025)
    assert binom.cdf(hits, count, high) == pytest.approx(0.025)


@pytest.mark.parametrize(("hits", "count"), [(-1, 5), (6, 5), (0, 0)])
def test_what_is_no_share_is_refused(hits, count):
    """More hits than draws, or no draws."""
    with pytest.raises(ValueError, match="no share"):
        clopper_pearson(hits, count)


def test_power_at_zero_is_the_level():
    """Without skill a test rejects as often as its level says; more skill, more power."""
    assert single_test_power(0.0, 750, 0.01) == pytest.approx(0.01)
    curve = [single_test_power(sharpe, 750, 0.01) for sharpe in (0.0, 0.5, 1.0, 2.0, 4.0)]
    assert curve == sorted(curve)
    for sharpe in (0.5, 1.0, 2.0):
        assert single_test_power(sharpe, 750, 0.01) == pytest.approx(
            single_test_power_normal(sharpe, 750, 0.01), abs=0.01
        )


def test_power_is_that_of_the_t_test():
    """3,000 one-sided t tests of 250 periods at Sharpe ratio 2, within four standard errors."""
    draws = np.random.default_rng(0).normal(2.0 / 252**0.5, 1.0, (3000, 250))
    rejected = float(np.mean(ttest_1samp(draws, 0.0, axis=1, alternative="greater").pvalue <= 0.05))
    wanted = single_test_power(2.0, 250, 0.05)
    assert rejected == pytest.approx(wanted, abs=4 * (wanted * (1 - wanted) / 3000) ** 0.5)
