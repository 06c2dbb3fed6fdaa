"""Haircut Sharpe ratios against published values."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from market_assets.core.errors import BadInputError, NotEnoughDataError
from market_assets.core.statistics.haircut import haircut_sharpe
from market_assets_tests.golden.cases import cases


@pytest.mark.parametrize("dependence", ["independent", "bonferroni"])
@pytest.mark.parametrize("law", ["normal", "student"])
@pytest.mark.parametrize("item", cases("haircut_sharpe"))
def test_published_cases(item, law, dependence):
    """Statistic, both p-values, ratio and haircut, for the text's normal law and the program's Student law."""
    i, tol = item["inputs"], item["tolerance"]
    want = item["expected"] if law == "normal" else item["expected"]["student_t_variant"]
    found = haircut_sharpe(
        i["sr_annual"], i["n_obs"], i["periods_per_year"], i["n_tests"], dependence=dependence, law=law
    )
    multiple = want["independent_sidak" if dependence == "independent" else dependence]
    assert found.statistic == pytest.approx(want["t"], abs=tol)
    assert found.p_single == pytest.approx(want["p_single"], abs=tol)
    assert found.p_multiple == pytest.approx(multiple["p_multiple"], abs=tol)
    assert found.sharpe == pytest.approx(multiple["haircut_sr"], abs=tol)
    assert 100 * found.haircut == pytest.approx(multiple["haircut_pct"], abs=100 * tol)


@given(sharpe=st.floats(0.01, 8), years=st.integers(1, 40), tests=st.integers(1, 10_000))
def test_a_haircut_never_adds_and_grows_with_the_tests(sharpe, years, tests):
    """0 <= cut ratio <= ratio, one test cuts nothing, Bonferroni cuts at least as much."""
    found = haircut_sharpe(sharpe, 12 * years, 12, tests)
    harder = haircut_sharpe(sharpe, 12 * years, 12, tests, dependence="bonferroni")
    more = haircut_sharpe(sharpe, 12 * years, 12, tests + 1)
    one = haircut_sharpe(sharpe, 12 * years, 12, 1)
    assert -1e-9 <= harder.sharpe <= found.sharpe + 1e-9 <= sharpe + 2e-9
    assert more.sharpe <= found.sharpe + 1e-9
    assert one.sharpe == pytest.approx(sharpe, rel=1e-6)


def test_equal_to_the_plain_formula():
    """Survival function, power, inverse survival function."""
    p = 2 * norm.sf(0.9 * math.sqrt(10))
    want = norm.isf((1 - (1 - p) ** 25) / 2) / math.sqrt(10)
    assert haircut_sharpe(0.9, 120, 12, 25).sharpe == pytest.approx(want, rel=1e-9)


def test_p_values_that_underflow_still_give_a_ratio():
    """t = 63: p is below the smallest double, the haircut is small, not infinite or missing."""
    found = haircut_sharpe(20.0, 2520, 252, 1000)
    assert found.p_single == 0.0
    assert 0.0 < found.haircut < 0.01


def test_questions_without_answer_are_refused():
    """No positive ratio, too few periods, no tests, no year."""
    for sharpe, n in ((0.0, 100), (-1.0, 100), (math.nan, 100), (1.0, 1)):
        with pytest.raises(NotEnoughDataError):
            haircut_sharpe(sharpe, n, 12, 10)
    for periods, tests in ((12, 0), (12, 1.5), (0, 10)):
        with pytest.raises(BadInputError):
            haircut_sharpe(1.0, 100, periods, tests)
