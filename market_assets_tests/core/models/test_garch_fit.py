"""Fits of a GARCH(1,1) against published estimates and the arch package."""

from __future__ import annotations

import numpy as np
import pytest
from arch import arch_model

from market_assets.core.errors import BadInputError, NotEnoughDataError
from market_assets.core.models.garch import conditional_variance, log_likelihood
from market_assets.core.models.garch_fit import MINIMUM, fit_garch11
from market_assets_tests.core.models.garch_series import published_returns, simulated
from market_assets_tests.golden.cases import case, cases


def _parameters(fit):
    return np.array([fit.model.mu, fit.model.omega, fit.model.alpha, fit.model.beta])


@pytest.mark.parametrize("item", cases("garch11"))
def test_published_fits(item):
    """Parameters, likelihood, criteria, robust errors, volatilities and forecast of two indices."""
    want, tol, returns = item["expected"], item["tolerance"], published_returns(item)
    fit = fit_garch11(returns)
    assert _parameters(fit) == pytest.approx(
        [want[name] for name in ("mu", "omega", "alpha1", "beta1")], abs=tol["params"]
    )
    assert _parameters(fit) == pytest.approx(want["own_optimum"], abs=tol["params"])
    assert fit.standard_errors == pytest.approx(want["std_err_robust"], rel=1e-3)
    found = [fit.log_likelihood, -fit.aic / 2, -fit.bic / 2]
    assert found == pytest.approx([want["loglikelihood"], -want["aic"] / 2, -want["bic"] / 2], abs=tol["loglikelihood"])
    assert fit.log_likelihood >= want["loglikelihood"] - 1e-6
    variance = conditional_variance(returns, fit.model)
    assert np.sqrt(variance[[0, -2]]) == pytest.approx([want["cond_vol_first"], want["cond_vol_last"]], abs=1e-4)
    assert variance[-1] == pytest.approx(want["forecast_var_h1"], abs=1e-3)


@pytest.mark.parametrize(
    ("seed", "omega", "alpha", "beta"),
    [(1, 0.05, 0.1, 0.85), (2, 0.3, 0.3, 0.4), (12, 1.0, 0.0, 0.0), (7, 1.0, 0.0, 0.0)],
)
@pytest.mark.filterwarnings("ignore")  # the other package warns about its own convergence
def test_never_a_lower_peak_than_another_package(seed, omega, alpha, beta):
    """With and without volatility clusters the likelihood reached is at least that of arch."""
    returns, _ = simulated(seed, 600, 0.02, omega, alpha, beta)
    other = arch_model(returns, mean="Constant", vol="GARCH", p=1, q=1, rescale=False).fit(disp="off")
    fit = fit_garch11(returns)
    assert fit.log_likelihood >= other.loglikelihood - 1e-3
    assert log_likelihood(returns, fit.model) == pytest.approx(fit.log_likelihood, abs=1e-8)


def test_the_truth_lies_within_the_errors():
    """On a long simulated series every parameter is found within four standard errors."""
    returns, variance = simulated(5, 8_000, 0.03, 0.05, 0.1, 0.85)
    fit = fit_garch11(returns)
    assert np.all(np.abs(_parameters(fit) - [0.03, 0.05, 0.1, 0.85]) < 4 * fit.standard_errors)
    found = conditional_variance(returns, fit.model)[:-1]
    assert np.corrcoef(found[100:], variance[100:])[0, 1] > 0.98


def test_unit_of_the_returns_does_not_matter():
    """Percent or fractions: the same shape, the variance scaled by the square."""
    returns = published_returns(case("garch11", "sp500"))[:1500]
    percent, fraction = fit_garch11(returns), fit_garch11(returns / 100.0)
    unit = np.array([1e2, 1e4, 1.0, 1.0])
    assert unit * _parameters(fraction) == pytest.approx(_parameters(percent), rel=1e-6)
    assert unit * fraction.standard_errors == pytest.approx(percent.standard_errors, rel=1e-4)


def test_same_returns_same_bytes():
    """Two fits of one series agree to the last bit."""
    returns, _ = simulated(6, 500)
    first, again = fit_garch11(returns), fit_garch11(returns.copy())
    assert _parameters(first).tobytes() == _parameters(again).tobytes()
    assert first.standard_errors.tobytes() == again.standard_errors.tobytes()


def test_no_errors_on_a_bound():
    """Where a parameter is zero the errors are missing, not small."""
    fit = fit_garch11(simulated(0, 500, 0.0, 1.0, 0.0, 0.0)[0])
    assert fit.model.alpha < 1e-6
    assert np.isnan(fit.standard_errors).all()


def test_too_little_to_fit_is_a_gap():
    """Few or constant returns have no fit; NaN is bad input."""
    with pytest.raises(NotEnoughDataError):
        fit_garch11(np.ones(MINIMUM - 1))
    for constant in (0.0, 0.1):
        with pytest.raises(NotEnoughDataError, match="vary"):
            fit_garch11(np.full(MINIMUM, constant))
    with pytest.raises(BadInputError, match="finite_returns"):
        fit_garch11(np.full(MINIMUM, np.nan))
