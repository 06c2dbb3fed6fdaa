"""Minimum backtest length against published values."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_assets.core.errors import BadInputError
from market_assets.core.statistics.backtest_length import min_backtest_length, min_backtest_length_bound
from market_assets_tests.golden.cases import cases


@pytest.mark.parametrize("item", cases("min_backtest_length"))
def test_published_cases(item):
    """Years and their bound; the paper's whole years are what ours round to."""
    i, want, tol = item["inputs"], item["expected"], item["tolerance"]
    years = min_backtest_length(i["N"], i["target_sharpe_annual"])
    assert years == pytest.approx(want["years"], abs=tol)
    bound = min_backtest_length_bound(i["N"], i["target_sharpe_annual"])
    assert bound == pytest.approx(want["upper_bound_years"], abs=tol)
    if want.get("paper_rounded_years") is not None:
        assert years == pytest.approx(want["paper_rounded_years"], abs=0.08)


@given(trials=st.integers(2, 100_000), target=st.floats(0.1, 5))
def test_the_bound_holds_and_both_scale_with_the_target(trials, target):
    """Length below its bound; half the target needs four times the years; more trials never need less."""
    years = min_backtest_length(trials, target)
    assert 0.0 < years < min_backtest_length_bound(trials, target)
    assert min_backtest_length(trials, target / 2) == pytest.approx(4 * years, rel=1e-12)
    assert min_backtest_length(trials + 1, target) >= years


def test_one_trial_needs_no_length():
    """Nothing was selected."""
    assert min_backtest_length(1, 1.0) == min_backtest_length_bound(1, 1.0) == 0.0


@pytest.mark.parametrize(("trials", "target"), [(0, 1.0), (2.5, 1.0), (5, 0.0), (5, -1.0), (5, math.nan)])
def test_senseless_questions_are_refused(trials, target):
    """No trials or no target: no length, in either form."""
    for function in (min_backtest_length, min_backtest_length_bound):
        with pytest.raises(BadInputError):
            function(trials, target)
