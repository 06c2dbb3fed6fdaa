"""Two-sample KS against published values."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_assets.core.drift.ks import ks_two_sample
from market_assets.core.errors import BadInputError, NotEnoughDataError
from market_assets_tests.golden.cases import cases

SAMPLES = st.lists(st.integers(-3, 3), min_size=1, max_size=20)


@pytest.mark.parametrize("item", cases("ks_two_sample"))
def test_published_cases(item):
    """Statistic, ties included, and the Kolmogorov-series p-value."""
    i, want, tol = item["inputs"], item["expected"], item["tolerance"]
    found = ks_two_sample(i["reference"], i["current"])
    assert found.statistic == pytest.approx(want["statistic"], abs=tol)
    if "p_exact" in want:
        assert found.pvalue == pytest.approx(want["p_kolmogorov_series_sqrt_mn_over_m_plus_n"], abs=tol)


@given(SAMPLES, SAMPLES)
def test_equal_to_the_definition(first, second):
    """Largest distance of the two step functions at any pooled point."""
    want = max(abs(np.mean(np.array(first) <= x) - np.mean(np.array(second) <= x)) for x in first + second)
    assert ks_two_sample(first, second).statistic == pytest.approx(want, abs=1e-12)


def test_what_cannot_be_compared_is_refused():
    """Empty samples are a gap, NaN is bad input."""
    with pytest.raises(NotEnoughDataError):
        ks_two_sample([], [1.0])
    with pytest.raises(BadInputError):
        ks_two_sample([np.nan], [1.0])
