"""Risk figures against published values."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import ndtri

from market_assets.core.errors import BadInputError, NotEnoughDataError
from market_assets.core.statistics.risk import (
    annual_growth,
    calmar_ratio,
    downside_deviation,
    drawdowns,
    expected_shortfall,
    longest_underwater,
    max_drawdown,
    normal_expected_shortfall,
    omega_ratio,
    sortino_ratio,
    two_way_turnover,
    value_at_risk,
)
from market_assets_tests.golden.cases import cases


@pytest.mark.parametrize("item", cases("max_drawdown"))
def test_drawdown(item):
    """The whole drawdown path, from the initial equity on."""
    returns, want, tol = item["inputs"]["returns"], item["expected"], item["tolerance"]
    path = drawdowns(returns)
    assert path == pytest.approx(np.array(want["drawdown"]), abs=tol)
    assert int(np.argmin(path)) == want["trough_index"]
    assert max_drawdown(returns) == pytest.approx(want["max_drawdown"], abs=tol)
    assert longest_underwater(returns) == want["longest_underwater_bars"]


def test_a_first_day_loss_is_a_drawdown():
    """-10 %, +5 %, -20 %: -.244, not the -.20 of a peak that starts after day one."""
    assert max_drawdown([-0.10, 0.05, -0.20]) == pytest.approx(-0.244, abs=1e-12)


@given(st.lists(st.floats(-0.5, 0.5), min_size=1, max_size=50))
def test_drawdown_is_a_loss_between_zero_and_all(returns):
    """Never positive, never below -1 while no period loses everything."""
    assert -1.0 <= max_drawdown(returns) <= 0.0


@pytest.mark.parametrize("item", cases("calmar_ratio"))
def test_calmar(item):
    """Compound growth over depth, not the arithmetic variant."""
    i, want, tol = item["inputs"], item["expected"], item["tolerance"]
    assert annual_growth(i["returns"], i["periods_per_year"]) == pytest.approx(want["cagr"], abs=tol)
    assert calmar_ratio(i["returns"], i["periods_per_year"]) == pytest.approx(want["calmar"], abs=tol)


@pytest.mark.parametrize("item", cases("expected_shortfall", only="returns"))
def test_expected_shortfall(item):
    """Rockafellar-Uryasev with the boundary observation weighted by what is left."""
    i = item["inputs"]
    assert expected_shortfall(i["returns"], i["beta"]) == pytest.approx(
        item["expected"]["cvar_rockafellar_uryasev"], abs=item["tolerance"]
    )


def test_expected_shortfall_splits_the_boundary():
    """Four losses, worst 37.5 %: one whole and half of the next, not the mean of either one or two."""
    assert expected_shortfall([-0.4, -0.2, 0.0, 0.1], 1 - 0.375) == pytest.approx((0.4 + 0.5 * 0.2) / 1.5, abs=1e-12)


@given(st.lists(st.floats(-0.5, 0.5), min_size=2, max_size=40), st.sampled_from([0.5, 0.8, 0.9, 0.95, 0.99]))
def test_expected_shortfall_is_the_minimum_it_is_defined_by(returns, beta):
    """ES = min over v of v + E max(loss - v, 0) / (1 - beta), reached at one of the losses."""
    losses = -np.array(returns)
    want = min(v + np.mean(np.maximum(losses - v, 0)) / (1 - beta) for v in losses)
    assert expected_shortfall(returns, beta) == pytest.approx(want, abs=1e-9)


@pytest.mark.parametrize("item", cases("expected_shortfall", only="returns"))
def test_value_at_risk(item):
    """The lower quantile of the losses, not the interpolated one."""
    i, want = item["inputs"], item["expected"]
    assert value_at_risk(i["returns"], i["beta"]) == pytest.approx(want["var_skfolio"], abs=item["tolerance"])


@given(st.lists(st.floats(-0.5, 0.5), min_size=2, max_size=40), st.sampled_from([0.5, 0.8, 0.9, 0.95, 0.99]))
def test_value_at_risk_is_exceeded_by_the_tail_at_most(returns, beta):
    """At most 1 - beta of the periods lose more, and the expected shortfall is no smaller."""
    var = value_at_risk(returns, beta)
    assert np.mean(-np.array(returns) > var) <= 1 - beta + 1e-9
    assert expected_shortfall(returns, beta) >= var - 1e-12


@pytest.mark.parametrize("item", cases("expected_shortfall", only="sigma"))
def test_shortfall_of_normal_returns(item):
    """Closed form, also the limit of the empirical one."""
    i, want, tol = item["inputs"], item["expected"], item["tolerance"]
    assert normal_expected_shortfall(i["mu"], i["sigma"], i["beta"]) == pytest.approx(
        (want["var"], want["es"]), abs=tol
    )
    grid = i["mu"] + i["sigma"] * ndtri((np.arange(200_000) + 0.5) / 200_000)
    assert expected_shortfall(grid, i["beta"]) == pytest.approx(want["es"], rel=1e-3)


@pytest.mark.parametrize("item", cases("omega_ratio"))
def test_omega(item):
    """Gains above the threshold over shortfalls below it."""
    i, tol = item["inputs"], item["tolerance"]
    assert omega_ratio(i["returns"], i["threshold"]) == pytest.approx(item["expected"]["omega"], abs=tol)


@given(st.lists(st.floats(-0.5, 0.5), min_size=2, max_size=40), st.floats(-0.1, 0.1))
def test_omega_is_one_plus_the_mean_over_the_shortfall(returns, threshold):
    """Omega = 1 + (mean - threshold) / mean shortfall: above one exactly when the mean is above the threshold."""
    shortfall = np.mean(np.maximum(threshold - np.array(returns), 0))
    if shortfall < 1e-6:
        return
    want = 1 + (np.mean(returns) - threshold) / shortfall
    assert omega_ratio(returns, threshold) == pytest.approx(want, abs=1e-6, rel=1e-9)


@pytest.mark.parametrize("item", cases("sortino_ratio"))
def test_sortino_divides_by_all_periods(item):
    """4.417, neither 14.142 (deviation of the losses) nor 2.209 (divided by their number)."""
    i, want, tol = item["inputs"], item["expected"], item["tolerance"]
    assert downside_deviation(i["returns"], i["target"]) == pytest.approx(want["downside_deviation"], abs=tol)
    assert sortino_ratio(i["returns"], i["target"]) == pytest.approx(want["sortino"], abs=tol)


@pytest.mark.parametrize("item", cases("turnover"))
def test_turnover_on_drifted_weights(item):
    """Two-way turnover from where the weights drifted to, not from the old targets."""
    targets, moves = item["inputs"]["target_weights"], item["inputs"]["asset_returns_between"]
    for k, row in enumerate(item["expected"]["rows"]):
        found = two_way_turnover(targets[k + 1], targets[k], moves[k])
        assert found == pytest.approx(row["two_way"], abs=item["tolerance"])
        assert found / 2 == pytest.approx(row["one_way"], abs=item["tolerance"])
        assert abs(found - row["naive_two_way_no_drift"]) > 1e-3


def test_undefined_ratios_are_gaps():
    """No drawdown, no shortfall, no equity: no number."""
    with pytest.raises(NotEnoughDataError):
        calmar_ratio([0.1, 0.2], 252)
    with pytest.raises(NotEnoughDataError):
        sortino_ratio([0.1, 0.2])
    with pytest.raises(NotEnoughDataError):
        omega_ratio([0.1, 0.2])
    with pytest.raises(NotEnoughDataError):
        two_way_turnover([0.0], [1.0], [-1.0])
    with pytest.raises(BadInputError):
        expected_shortfall([0.1], 1.0)
    for std, beta in ((0.1, 1.0), (-0.1, 0.9)):
        with pytest.raises(BadInputError):
            normal_expected_shortfall(0.0, std, beta)
    assert annual_growth([-1.0, 0.5], 252) == -1.0
