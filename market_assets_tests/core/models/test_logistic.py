"""Elastic-net logistic regression against its definition and scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from market_assets.core.models.logistic import bound_hessian, fit_logistic, gradient
from market_assets_tests.core.models.planted import planted


def _problem(n=1500, d=8, seed=2):
    x, y, weight = planted(n, d, seed)
    x = ((x - x.mean(0)) / x.std(0)).astype(np.float32)
    x[:, 5] = 0.7 * x[:, 0] + 0.3 * x[:, 5]  # correlated columns are the hard case
    return x, y, weight


def test_kernels_equal_their_definitions():
    """Gradient and bound are the matrix expressions, intercept last."""
    x, y, weight = _problem(200)
    ones = np.column_stack((x.astype(float), np.ones(200)))
    beta = np.linspace(-0.5, 0.5, 9)
    p = 1 / (1 + np.exp(-ones @ beta))
    assert np.allclose(gradient(x, y, weight, beta), ones.T @ (weight * (p - y)), atol=1e-10)
    assert np.allclose(bound_hessian(x, weight), ones.T @ (weight[:, None] * ones) / 4, atol=1e-10)


@pytest.mark.parametrize("l1_ratio", [0.0, 0.5, 1.0])
def test_solution_satisfies_the_optimality_conditions(l1_ratio):
    """At the solution the gradient is balanced by the penalty on used columns and below it on the others."""
    x, y, weight = _problem()
    alpha = 0.02
    beta, intercept, converged = fit_logistic(x, y, weight, alpha=alpha, l1_ratio=l1_ratio, max_steps=500)
    slope = gradient(x, y, weight / weight.sum(), np.append(beta, intercept))
    smooth = slope[:-1] + alpha * (1 - l1_ratio) * beta
    used = beta != 0
    assert converged
    assert abs(slope[-1]) < 1e-5
    assert np.abs(smooth[used] + alpha * l1_ratio * np.sign(beta[used])).max() < 1e-5
    assert np.all(np.abs(smooth[~used]) <= alpha * l1_ratio + 1e-5)
    assert (l1_ratio == 0) == used.all()


def test_agrees_with_scikit_learn():
    """The same objective solved by SAGA gives the same coefficients."""
    x, y, weight = _problem()
    alpha, l1_ratio = 0.01, 0.5
    beta, intercept, _ = fit_logistic(x, y, weight, alpha=alpha, l1_ratio=l1_ratio, max_steps=500)
    peer = LogisticRegression(C=1 / (alpha * weight.sum()), l1_ratio=l1_ratio, solver="saga", tol=1e-8, max_iter=5000)
    peer.fit(x.astype(float), y, sample_weight=weight)
    assert np.allclose(peer.coef_[0], beta, atol=1e-4)
    assert peer.intercept_[0] == pytest.approx(intercept, abs=1e-4)


def test_a_strong_penalty_leaves_the_base_rate():
    """With every coefficient at zero the intercept is the log odds of the weighted base rate."""
    x, y, weight = _problem()
    beta, intercept, converged = fit_logistic(x, y, weight, alpha=10.0, l1_ratio=1.0, max_steps=50)
    rate = np.average(y, weights=weight)
    assert converged
    assert not beta.any()
    assert intercept == pytest.approx(np.log(rate / (1 - rate)), abs=1e-9)


def test_separable_classes_stay_finite_and_say_so():
    """Where the likelihood pulls to infinity the penalty holds; stopping early is reported."""
    x = np.linspace(-1, 1, 200, dtype=np.float32)[:, None]
    y = (x[:, 0] > 0).astype(np.int8)
    beta, _, converged = fit_logistic(x, y, np.ones(200), alpha=1e-4, l1_ratio=0.5, max_steps=5)
    assert np.isfinite(beta).all()
    assert not converged
