"""Information coefficients against published values and a plain definition."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import kendalltau, rankdata

from market_assets.core.diagnostics.information_coefficient import coefficient_t, session_coefficients
from market_assets.core.errors import BadInputError
from market_assets_tests.golden.cases import case, cases

CELLS = st.one_of(st.integers(-3, 3).map(float), st.just(math.nan))
TABLES = st.tuples(st.integers(1, 5), st.integers(1, 9)).flatmap(
    lambda shape: st.tuples(arrays(np.float64, shape, elements=CELLS), arrays(np.float64, shape, elements=CELLS))
)


def plain_ranks(values):
    """One plus the number below, plus half of the others that are equal."""
    return [1 + sum(b < a for b in values) + (sum(b == a for b in values) - 1) / 2 for a in values]


def plain_coefficient(forecast, outcome, ranked, min_names=3):
    """Correlation of one session as it is defined; NaN for a gap."""
    pairs = [(x, y) for x, y in zip(forecast, outcome, strict=True) if not (math.isnan(x) or math.isnan(y))]
    if len(pairs) < min_names or any(len(set(side)) == 1 for side in zip(*pairs, strict=True)):
        return math.nan
    left, right = (plain_ranks(side) if ranked else side for side in zip(*pairs, strict=True))
    return float(np.corrcoef(left, right)[0, 1])


@pytest.mark.parametrize("item", cases("information_coefficient"))
def test_published_coefficients(item):
    """Average ranks where forecasts tie; unchanged by a monotone change of the forecast."""
    i, want, tol = item["inputs"], item["expected"], item["tolerance"]
    found = session_coefficients([i["forecast"]], [i["forward_return"]])
    assert found == pytest.approx([want["rank_ic"]], abs=tol)


def test_published_ranks_and_other_measures():
    """Ranks, the linear coefficient, its t statistic; the shortcut for ranks without ties misses the value."""
    item = case("information_coefficient", "eight_assets_tie")
    x, y = item["inputs"]["forecast"], item["inputs"]["forward_return"]
    want, tol = item["expected"], item["tolerance"]
    assert plain_ranks(x) == rankdata(x).tolist() == want["ranks_forecast"]
    assert plain_ranks(y) == want["ranks_return"]
    assert session_coefficients([x], [y], "pearson") == pytest.approx([want["pearson_ic"]], abs=tol)
    rank = float(session_coefficients([x], [y])[0])
    assert coefficient_t(rank, len(x)) == pytest.approx(want["t_stat"], abs=1e-11)
    distance = np.square(np.subtract(want["ranks_forecast"], want["ranks_return"])).sum()
    shortcut = 1 - 6 * distance / (8 * 63)
    assert shortcut == pytest.approx(want["wrong_d2_formula_ignoring_ties"], abs=tol)
    assert abs(shortcut - rank) > 1e-4
    assert kendalltau(x, y).statistic == pytest.approx(want["kendall_tau_b"], abs=tol)


@given(TABLES, st.sampled_from(["rank", "pearson"]))
def test_equal_to_the_plain_definition(tables, method):
    """Session by session, with ties, missing cells and gaps."""
    forecast, outcome = tables
    want = [plain_coefficient(x, y, method == "rank") for x, y in zip(forecast, outcome, strict=True)]
    assert session_coefficients(forecast, outcome, method) == pytest.approx(want, abs=1e-12, nan_ok=True)


def test_sessions_are_not_pooled():
    """Planted: a forecast of the market with no order among the names is no skill, though pooled rows correlate."""
    rng = np.random.default_rng(0)
    market = rng.normal(size=(500, 1))
    forecast, outcome = market + 0.01 * rng.normal(size=(500, 20)), market + rng.normal(size=(500, 20))
    assert abs(np.nanmean(session_coefficients(forecast, outcome))) < 0.03
    assert np.corrcoef(forecast.ravel(), outcome.ravel())[0, 1] > 0.5


def test_gaps_are_nan_and_never_zero():
    """Too few names, or a forecast that says the same for all, give no number."""
    outcome = [[0.1, 0.2, 0.3, 0.4]]
    for forecast in ([1, 1, 1, 1], [1, 2, math.nan, math.nan], [math.nan] * 4):
        assert np.isnan(session_coefficients([forecast], outcome)).all()
    assert np.isnan(session_coefficients([[1, 2, 3, 4]], outcome, min_names=5)).all()
    assert session_coefficients([[1e-300, 2e-300, 3e-300, 5e-300]], outcome, "pearson")[0] > 0.9


def test_bad_inputs_are_refused():
    """Shapes, infinite values, unknown methods; two names correlate whatever they say."""
    for left, right in (([[1.0, 2.0]], [[1.0]]), ([[1.0, np.inf, 2.0]], [[1.0, 2.0, 3.0]])):
        with pytest.raises(BadInputError, match="coefficient_inputs"):
            session_coefficients(left, right)
    for change in ({"method": "kendall"}, {"min_names": 2}):
        with pytest.raises(BadInputError, match="coefficient_inputs"):
            session_coefficients([[1.0, 2.0, 3.0]], [[1.0, 2.0, 3.0]], **change)
    with pytest.raises(BadInputError, match="t statistic"):
        coefficient_t(1.2, 10)
    assert coefficient_t(-1.0, 10) == -math.inf
