"""The 2025 inference against the paper's example; it must not be mixed up with the 2012 and 2014 forms."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_assets.core.errors import BadInputError, NotEnoughDataError
from market_assets.core.statistics.deflated import deflated_sharpe
from market_assets.core.statistics.sharpe import probabilistic_sharpe, variance_factor
from market_assets.core.statistics.sharpe_2025 import (
    ReturnShape,
    asymptotic_variance,
    critical_sharpe_2025,
    deflated_sharpe_2025,
    min_track_record_length_2025,
    power_2025,
    probabilistic_sharpe_2025,
    standard_error_2025,
)
from market_assets_tests.golden.cases import case, cases

METHOD = "sharpe_inference_2025_generalised"
SEVERE = ReturnShape(skew=-2.448, kurtosis=10.164)


def shape_of(inputs):
    """The shape of the returns in a published case."""
    return ReturnShape(inputs["skew"], inputs["kurtosis_raw"], inputs.get("ar1_rho", 0.0))


@pytest.mark.parametrize("item", cases(METHOD, only="SR1"))
def test_the_numerical_example(item):
    """Every number of the example, without and with autocorrelation."""
    i, want = item["inputs"], item["expected"]
    sr, n, alpha, shape = i["mu"] / i["sigma"], i["T"], i["alpha"], shape_of(i)
    found = {
        "sr": sr,
        "se_at_sr": standard_error_2025(sr, n, shape),
        "se_gaussian_iid": standard_error_2025(sr, n, ReturnShape()),
        "psr0": probabilistic_sharpe_2025(sr, n, shape),
        "psr0p1": probabilistic_sharpe_2025(sr, n, shape, 0.1),
        "mintrl_alpha10_vs0": min_track_record_length_2025(sr, shape, 0.0, alpha),
        "mintrl_alpha10_vs0p1": min_track_record_length_2025(sr, shape, 0.1, alpha),
        "critical_sr_alpha10": critical_sharpe_2025(n, shape, 0.0, alpha),
        "power_sr1_0p5": power_2025(n, shape, i["SR1"], 0.0, alpha),
    }
    assert found == pytest.approx(want, abs=item["tolerance"])


@pytest.mark.parametrize("case_id", ["llz_alpha05_sr0_0.0", "llz_alpha05_sr0_0.1"])
def test_probability_and_track_record(case_id):
    """Against zero and .1, also as the paper rounds them."""
    item = case(METHOD, case_id)
    i, want, tol = item["inputs"], item["expected"], item["tolerance"]
    sr, shape = i["mu"] / i["sigma"], shape_of(i)
    psr = probabilistic_sharpe_2025(sr, i["T"], shape, i["sr0"])
    length = min_track_record_length_2025(sr, shape, i["sr0"], i["alpha"])
    assert (psr, length) == pytest.approx((want["psr"], want["min_trl"]), abs=tol)
    assert {"psr": round(psr, 3), "min_trl": round(length, 3)} == want["paper_rounded"]


def test_power():
    """Power, its complement and the critical value."""
    item = case(METHOD, "llz_power_alpha05")
    i, want, tol = item["inputs"], item["expected"], item["tolerance"]
    power = power_2025(i["T"], shape_of(i), i["sr1"], i["sr0"], i["alpha"])
    assert power == pytest.approx(want["power"], abs=tol)
    assert 1 - power == pytest.approx(want["beta"], abs=tol)
    critical = critical_sharpe_2025(i["T"], shape_of(i), i["sr0"], i["alpha"])
    assert critical == pytest.approx(want["critical_sr"], abs=tol)


def test_deflated_form_rescales_the_variance():
    """K = 10: the published value, and neither the unscaled one nor that of 2014."""
    item = case(METHOD, "llz_dsr_K10")
    i, want, tol = item["inputs"], item["expected"], item["tolerance"]
    sr, n, shape = i["mu"] / i["sigma"], i["T"], shape_of(i)
    found = deflated_sharpe_2025(sr, n, shape, trials=i["K"], variance=i["variance_of_trials"])
    assert found.hurdle == pytest.approx(want["expected_max"], abs=tol)
    assert found.probability == pytest.approx(want["dsr_with_max_variance_rescaling"], abs=tol)
    unscaled = probabilistic_sharpe_2025(sr, n, shape, found.hurdle)
    assert unscaled == pytest.approx(want["dsr_without_rescaling"], abs=tol)
    old = deflated_sharpe(sr, n, shape.skew, shape.kurtosis, trials=i["K"], variance=i["variance_of_trials"])
    assert old.probability == pytest.approx(want["dsr_2014_form"], abs=tol)


def test_planted_variants_miss_the_published_value():
    """Variance at the estimate, T - 1, excess kurtosis or a flipped skew each move PSR against .1 beyond tolerance."""
    item = case(METHOD, "llz_alpha05_sr0_0.1")
    sr, n, null, want = 0.036 / 0.079, 24, 0.1, item["expected"]["psr"]
    wrong = {
        "at the estimate": probabilistic_sharpe(sr, n + 1, SEVERE.skew, SEVERE.kurtosis, null),
        "T - 1": probabilistic_sharpe_2025(sr, n - 1, SEVERE, null),
        "excess": probabilistic_sharpe_2025(sr, n, ReturnShape(-2.448, 7.164), null),
        "skew": probabilistic_sharpe_2025(sr, n, ReturnShape(2.448, 10.164), null),
    }
    assert all(abs(value - want) > 1e-4 for value in wrong.values())


@given(sr=st.floats(-1, 1), skew=st.floats(-2, 2), extra=st.floats(0.1, 10))
def test_without_autocorrelation_the_factor_is_that_of_mertens(sr, skew, extra):
    """a = b = c = 1 at rho = 0."""
    kurtosis = 1 + skew**2 + extra
    shape = ReturnShape(skew, kurtosis)
    assert asymptotic_variance(sr, shape) == pytest.approx(variance_factor(sr, skew, kurtosis), abs=1e-12)


def test_simulated_standard_error_of_an_autoregression():
    """Gaussian AR(1), rho .3, true SR .2: the spread of 4000 estimates is the formula's within 5 %."""
    generator, n, rho = np.random.default_rng(0), 400, 0.3
    shocks = generator.normal(0.0, math.sqrt(1 - rho**2), (4000, n))
    path = np.empty((4000, n))
    path[:, 0] = generator.normal(size=4000)
    for t in range(1, n):
        path[:, t] = rho * path[:, t - 1] + shocks[:, t]
    estimates = (path.mean(axis=1) + 0.2) / path.std(axis=1, ddof=1)
    want = standard_error_2025(0.2, n, ReturnShape(rho=rho))
    assert estimates.std() == pytest.approx(want, rel=0.05)
    assert abs(estimates.std() / standard_error_2025(0.2, n, ReturnShape()) - 1) > 0.2


def test_track_record_power_and_level_belong_together():
    """At the minimum length p = alpha exactly; power at the null is alpha; no length for SR <= null."""
    length = min_track_record_length_2025(0.2, SEVERE, 0.05, 0.05)
    standard = math.sqrt(asymptotic_variance(0.05, SEVERE) / length)
    assert (0.2 - 0.05) / standard == pytest.approx(1.6448536269514722, rel=1e-9)
    assert power_2025(60, SEVERE, 0.1, 0.1, 0.05) == pytest.approx(0.05, abs=1e-12)
    assert min_track_record_length_2025(0.1, SEVERE, 0.1) == math.inf


def test_one_trial_is_the_probabilistic_form():
    """K = 1: hurdle 0 and no rescaling."""
    found = deflated_sharpe_2025(0.1, 250, SEVERE, trials=1, variance=0.3)
    assert found.probability == pytest.approx(probabilistic_sharpe_2025(0.1, 250, SEVERE), abs=1e-12)


def test_what_cannot_be_is_refused():
    """Impossible moments, unit roots, levels outside (0, 1), no periods."""
    for arguments in ({"skew": 1.0, "kurtosis": 1.5}, {"rho": 1.0}, {"rho": math.nan}):
        with pytest.raises(BadInputError):
            ReturnShape(**arguments)
    with pytest.raises(BadInputError, match="confidence_range"):
        critical_sharpe_2025(24, SEVERE, alpha=1.0)
    with pytest.raises(NotEnoughDataError):
        standard_error_2025(0.1, 0, SEVERE)
    assert probabilistic_sharpe_2025(2.0, 10, ReturnShape(2.0, 5.0), null=1.0) == 1.0  # a variance of zero
