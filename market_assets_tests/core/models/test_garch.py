"""GARCH(1,1) at given parameters: filter, likelihood, forecast."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import approx_fprime
from scipy.stats import norm

from market_assets.core.errors import BadInputError, NotEnoughDataError
from market_assets.core.models.garch import (
    Garch11,
    backcast,
    conditional_variance,
    forecast_variance,
    likelihood_terms,
    log_likelihood,
)
from market_assets_tests.core.models.garch_series import published_returns, simulated
from market_assets_tests.golden.cases import cases

MODEL = Garch11(mu=0.05, omega=0.02, alpha=0.1, beta=0.88, start=1.3)


def plain_variance(returns, model):
    """The recursion as it is written, with the start value in place of the session before the first."""
    variance = [model.omega + model.alpha * model.start + model.beta * model.start]
    for r in returns:
        variance.append(model.omega + model.alpha * (r - model.mu) ** 2 + model.beta * variance[-1])
    return np.array(variance)


@pytest.mark.parametrize("item", cases("garch11"))
def test_published_likelihoods(item):
    """At the published parameters, with both conventions of the start value; volatilities and forecast."""
    want, returns = item["expected"], published_returns(item)
    names = ("mu", "omega", "alpha1", "beta1")
    model = Garch11(*(want[name] for name in names), start=backcast(returns - returns.mean()))
    assert log_likelihood(returns, model) == pytest.approx(want["loglikelihood"], abs=1e-6)
    variance = conditional_variance(returns, model)
    assert math.sqrt(variance[0]) == pytest.approx(want["cond_vol_first"], abs=1e-8)
    assert math.sqrt(variance[-2]) == pytest.approx(want["cond_vol_last"], abs=1e-8)
    assert forecast_variance(variance[-1], model, 1)[0] == pytest.approx(want["forecast_var_h1"], abs=1e-8)
    for parameters, expected in (
        ([want[name] for name in names], want["own_loglik_with_arch_backcast_at_same_params"]),
        (want["own_optimum"], want["own_optimum_loglik"]),
    ):
        other = Garch11(*parameters, start=backcast(returns - parameters[0]))
        assert log_likelihood(returns, other) == pytest.approx(expected, abs=1e-6)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 60), st.floats(0, 0.5), st.floats(0, 0.5), st.floats(0, 4))
def test_filter_and_likelihood_are_the_plain_recursion(seed, n, alpha, beta, start):
    """Variances are those of the definition, the likelihood a sum of normal log densities."""
    returns = np.random.default_rng(seed).normal(0, 1, n)
    model = Garch11(0.1, 0.3, alpha, beta, start)
    variance = plain_variance(returns, model)
    assert conditional_variance(returns, model) == pytest.approx(variance, rel=1e-12)
    density = norm.logpdf(returns, model.mu, np.sqrt(variance[:-1])).sum()
    assert log_likelihood(returns, model) == pytest.approx(density, rel=1e-10)


def test_gradient_is_the_slope_of_the_likelihood():
    """The analytic gradient against differences, and the score products against scores one by one."""
    returns, _ = simulated(1, 400)
    theta = np.array([MODEL.mu, MODEL.omega, MODEL.alpha, MODEL.beta])

    def total(parameters, series=returns):
        return likelihood_terms(series, *parameters, MODEL.start)[0]

    _, gradient, outer = likelihood_terms(returns, *theta, MODEL.start)
    assert gradient == pytest.approx(approx_fprime(theta, total, 1e-7), rel=1e-3, abs=1e-2)
    sums = [likelihood_terms(returns[:t], *theta, MODEL.start)[1] for t in range(401)]
    scores = np.diff(sums, axis=0)
    assert outer == pytest.approx(scores.T @ scores, rel=1e-8)


def test_a_variance_knows_earlier_returns_only():
    """Changing a return moves no variance up to its own session, and every later one."""
    returns, _ = simulated(2, 50)
    changed = returns.copy()
    changed[20] += 1.0
    before, after = conditional_variance(returns, MODEL), conditional_variance(changed, MODEL)
    assert np.array_equal(before[:21], after[:21])
    assert np.all(before[21:] != after[21:])
    # planted bug: the variance of a session that uses its own return
    late, late_changed = before[1:], after[1:]
    assert not np.array_equal(late[:21], late_changed[:21])


def test_filter_goes_on_where_it_stopped():
    """The last entry is the next forecast: new returns extend the path and change nothing before."""
    returns, _ = simulated(3, 80)
    whole = conditional_variance(returns, MODEL)
    assert np.array_equal(conditional_variance(returns[:50], MODEL), whole[:51])


def test_forecasts_approach_the_long_run_variance():
    """By the closed form V + (alpha + beta)^h (s - V); in a straight line where shocks never fade."""
    path = forecast_variance(4.0, MODEL, 250)
    closed = MODEL.long_run + MODEL.persistence ** np.arange(250) * (4.0 - MODEL.long_run)
    assert path == pytest.approx(closed, rel=1e-12)
    assert MODEL.long_run == pytest.approx(1.0, rel=1e-9)
    integrated = Garch11(0.0, 0.1, 0.2, 0.8, 1.0)
    assert integrated.long_run == math.inf
    assert forecast_variance(1.0, integrated, 4) == pytest.approx([1.0, 1.1, 1.2, 1.3])
    with pytest.raises(NotEnoughDataError, match="empty"):
        forecast_variance(1.0, MODEL, 0)


def test_backcast_weighs_the_earliest_most():
    """Weights fall by 0.94 over at most 75 sessions, and add up to one."""
    assert backcast([2.0, 1.0]) == pytest.approx((4.0 + 0.94) / 1.94)
    assert backcast(np.ones(500)) == pytest.approx(1.0)
    assert backcast(np.r_[np.ones(75), np.full(100, 9.0)]) == pytest.approx(1.0)
    with pytest.raises(NotEnoughDataError):
        backcast([])


@pytest.mark.parametrize("change", [{"omega": 0.0}, {"alpha": -0.1}, {"beta": 0.95}, {"start": -1.0}, {"mu": math.nan}])
def test_impossible_parameters_are_refused(change):
    """A variance that can be negative or explodes has no model; NaN returns have no variance."""
    with pytest.raises(BadInputError, match="garch_parameters"):
        Garch11(**{**vars(MODEL), **change})
    with pytest.raises(BadInputError, match="finite_returns"):
        conditional_variance([0.1, np.nan], MODEL)
