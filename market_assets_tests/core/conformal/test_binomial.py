"""The exact interval of a proportion."""

import pytest
from scipy.stats import binom, binomtest

from market_assets.core.conformal.binomial import clopper_pearson
from market_assets.core.errors import BadInputError


@pytest.mark.parametrize(("hits", "n", "level"), [(0, 10, 0.95), (10, 10, 0.95), (7, 10, 0.9), (881, 1000, 0.95)])
def test_same_as_scipy(hits, n, level):
    """The ends are those of scipy's exact binomial interval."""
    found, other = clopper_pearson(hits, n, level), binomtest(hits, n).proportion_ci(level, "exact")
    assert (found.low, found.high) == pytest.approx((other.low, other.high), abs=1e-10)


def test_each_end_leaves_its_tail():
    """At the ends of the interval the observed count or a more extreme one has probability 2.5 %."""
    found = clopper_pearson(7, 20)
    assert binom.sf(6, 20, found.low) == pytest.approx(0.025, abs=1e-9)
    assert binom.cdf(7, 20, found.high) == pytest.approx(0.025, abs=1e-9)


@pytest.mark.parametrize(("hits", "n", "level"), [(0, 0, 0.95), (3, 2, 0.95), (-1, 2, 0.95), (1, 2, 1.0)])
def test_no_proportion_is_refused(hits, n, level):
    """More hits than trials, no trials, no level."""
    with pytest.raises(BadInputError, match="proportion"):
        clopper_pearson(hits, n, level)
