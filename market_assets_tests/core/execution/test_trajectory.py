"""Almgren-Chriss schedules against the paper's example and a plain minimiser."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from market_assets.core.errors import BadInputError
from market_assets.core.execution.trajectory import TrajectorySpec, optimal_trajectory, schedule_cost
from market_assets_tests.golden.cases import case

ITEM = case("almgren_chriss_trajectory", "paper_parameters")


def _order(inputs):
    return TrajectorySpec(
        shares=inputs["X"],
        days=inputs["T"],
        steps=inputs["N"],
        half_spread=inputs["epsilon"],
        temporary=inputs["eta"],
        permanent=inputs["gamma"],
        volatility=inputs["sigma"],
        risk_aversion=inputs["lam"],
    )


ORDER = _order(ITEM["inputs"])


def plain_optimum(order):
    """Holdings that make the gradient of cost + lambda variance zero: one linear equation an inner step."""
    n, tau = order.steps, order.step_days
    slope = 2.0 * order.net_temporary / tau
    pull = 2.0 * order.risk_aversion * order.volatility**2 * tau
    matrix, right = np.zeros((n + 1, n + 1)), np.zeros(n + 1)
    matrix[0, 0] = matrix[n, n] = 1.0
    right[0] = order.shares
    for j in range(1, n):
        matrix[j, j - 1], matrix[j, j], matrix[j, j + 1] = -slope, 2.0 * slope + pull, -slope
    return np.linalg.solve(matrix, right)


def test_the_example_of_the_paper():
    """Urgency, holdings, trades, cost and variance at the parameters of section 4; the even schedule beside it."""
    found, want, tol = optimal_trajectory(ORDER), ITEM["expected"], ITEM["tolerance"]
    assert ORDER.net_temporary == pytest.approx(want["eta_tilde"], rel=1e-12)
    assert found.urgency == pytest.approx(want["kappa"], abs=tol)
    assert round(found.urgency, 2) == want["paper_rounded_kappa"]
    assert 1.0 / found.urgency == pytest.approx(want["half_life_days"], abs=tol)
    assert found.holdings == pytest.approx(want["holdings"], abs=tol)
    assert found.trades == pytest.approx(want["trades"], abs=tol)
    assert found.expected_cost == pytest.approx(want["expected_cost"], abs=tol)
    assert found.variance == pytest.approx(want["variance"], rel=1e-12)
    even = optimal_trajectory(replace(ORDER, risk_aversion=0.0))
    assert even.expected_cost == pytest.approx(want["linear_expected_cost"], abs=tol)
    assert even.variance == pytest.approx(want["linear_variance"], rel=1e-12)
    assert even.urgency == 0.0


def test_the_gross_temporary_cost_would_be_seen():
    """Planted bug: without the permanent part of a step the urgency misses the published value."""
    wrong = 2.0 * math.asinh(math.sqrt(ORDER.risk_aversion * ORDER.volatility**2 / ORDER.temporary) / 2.0)
    assert abs(wrong - ITEM["expected"]["kappa"]) > 1e-3


@settings(max_examples=60, deadline=None)
@given(
    st.integers(1, 40),
    st.floats(0.1, 20.0),
    st.one_of(st.just(0.0), st.floats(1e-12, 1e-3)),
    st.floats(0.0, 5.0),
    st.floats(1e-7, 1e-4),
)
def test_closed_form_is_the_minimiser(steps, days, aversion, volatility, temporary):
    """The hyperbolic schedule solves the linear system of the first-order conditions."""
    order = TrajectorySpec(
        shares=1e5, days=days, steps=steps, temporary=temporary, volatility=volatility, risk_aversion=aversion
    )
    found = optimal_trajectory(order)
    assert found.holdings == pytest.approx(plain_optimum(order), rel=1e-9, abs=1e-3)
    assert np.all(found.trades >= -1e-6)
    assert found.trades.sum() == pytest.approx(order.shares, rel=1e-12)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 1_000))
def test_no_other_schedule_is_cheaper(seed):
    """Any other schedule with the same ends has a higher cost plus risk."""
    best = optimal_trajectory(ORDER)
    other = best.holdings.copy()
    other[1:-1] += np.random.default_rng(seed).normal(0.0, 5e4, ORDER.steps - 1)
    cost, variance = schedule_cost(other, ORDER)
    bound = best.expected_cost + ORDER.risk_aversion * best.variance
    assert cost + ORDER.risk_aversion * variance > bound


def test_extreme_urgency_is_finite():
    """A very risky position is sold at once, a hardly risky one evenly; nothing overflows or loses its digits."""
    rush = optimal_trajectory(replace(ORDER, risk_aversion=1e30))
    assert rush.holdings == pytest.approx([ORDER.shares, 0, 0, 0, 0, 0], abs=1e-20)
    calm = optimal_trajectory(replace(ORDER, risk_aversion=1e-25))
    assert calm.holdings == pytest.approx(np.linspace(ORDER.shares, 0, 6), rel=1e-9)
    assert calm.urgency > 0.0


def test_what_has_no_optimum_is_refused():
    """A permanent move that outweighs the temporary cost, schedules of another order, impossible parameters."""
    with pytest.raises(BadInputError, match="shorter steps"):
        optimal_trajectory(replace(ORDER, permanent=1e-5))
    for wrong in ([1e6, 0.0], [1e6, 1, 1, 1, 1, 1], [0, 1, 1, 1, 1, 0], [1e6, np.nan, 1, 1, 1, 0]):
        with pytest.raises(BadInputError, match="trajectory_holdings"):
            schedule_cost(wrong, ORDER)
    with pytest.raises(ValidationError):
        replace(ORDER, steps=0)
