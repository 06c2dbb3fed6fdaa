"""Moments of the maximum of K normals against published values and closed forms."""

import math

import pytest
from scipy.integrate import quad
from scipy.stats import norm

from market_assets.core.errors import BadInputError
from market_assets.core.statistics.deflated import expected_max
from market_assets.core.statistics.max_normal import max_normal
from market_assets_tests.golden.cases import cases


@pytest.mark.parametrize("item", cases("max_of_K_normals_std"))
def test_published_standard_deviations(item):
    """Exhibit 3 at 1e-6; where a transcription of it is wrong, quadrature decides and ours is not the wrong value."""
    want = item["expected"]
    found = max_normal(item["inputs"]["K"]).std
    assert found == pytest.approx(want["std_of_max"], abs=item["tolerance"])
    assert (abs(found - want["fixture_value"]) < 6e-6) == want["fixture_matches_to_5_digits"]


@pytest.mark.parametrize("item", cases("expected_max_sharpe_fst", only="N"))
def test_published_exact_means(item):
    """The exact mean beside the approximation, and the approximation's relative error."""
    i, want = item["inputs"], item["expected"]
    exact = max_normal(i["N"]).mean
    if "exact_order_statistic" in want:
        assert exact == pytest.approx(want["exact_order_statistic"], abs=1e-9)
        assert expected_max(i["N"], 1.0) / exact - 1 == pytest.approx(want["relative_error"], abs=1e-9)
    approximate = expected_max(i["N"], i["variance_of_trials"])
    assert exact * math.sqrt(i["variance_of_trials"]) == pytest.approx(approximate, rel=0.09)


def test_closed_forms():
    """K = 1, 2, 3: mean 0, 1/sqrt(pi), 3/(2 sqrt(pi)); variance 1, 1 - 1/pi, 1 + (2 sqrt(3) - 9)/(4 pi)."""
    one, two, three = (max_normal(k) for k in (1, 2, 3))
    assert (one.mean, one.std) == pytest.approx((0.0, 1.0), abs=1e-12)
    assert (two.mean, two.std**2) == pytest.approx((1 / math.sqrt(math.pi), 1 - 1 / math.pi), abs=1e-12)
    variance = 1 + (2 * math.sqrt(3) - 9) / (4 * math.pi)
    assert (three.mean, three.std**2) == pytest.approx((1.5 / math.sqrt(math.pi), variance), abs=1e-12)


@pytest.mark.parametrize("k", [7, 1000, 10**6, 10**9])
def test_equal_to_adaptive_quadrature(k):
    """Also where the density is narrow and far out."""

    def density(x):
        return k * norm.pdf(x) * math.exp((k - 1) * norm.logcdf(x))

    near = norm.isf(1 / (k + 1))
    mean, _ = quad(lambda x: x * density(x), near - 4, near + 6, epsabs=1e-13, limit=400)
    square, _ = quad(lambda x: (x - mean) ** 2 * density(x), near - 4, near + 6, epsabs=1e-13, limit=400)
    found = max_normal(k)
    assert found.mean == pytest.approx(mean, abs=1e-5)
    assert found.std == pytest.approx(math.sqrt(square), abs=1e-4)


@pytest.mark.parametrize("k", [0, 2.5, 10**10, math.nan])
def test_senseless_counts_are_refused(k):
    """No maximum of nothing."""
    with pytest.raises(BadInputError, match="trial_count"):
        max_normal(k)
