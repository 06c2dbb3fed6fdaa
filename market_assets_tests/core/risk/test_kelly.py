"""Kelly stakes against published values and against growth maximised by search."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar

from market_assets.core.errors import BadInputError, NotEnoughDataError
from market_assets.core.risk.kelly import (
    binary_growth,
    binary_kelly,
    continuous_kelly,
    kelly_growth,
    kelly_weights,
)
from market_assets_tests.golden.cases import case, cases


@pytest.mark.parametrize("item", cases("kelly_fraction", only="p"))
def test_bets(item):
    """Stake, and growth at the full and at half of it."""
    i, want, tol = item["inputs"], item["expected"], item["tolerance"]
    stake = binary_kelly(i["p"], i["b"], i["a"])
    assert stake == pytest.approx(want["f_star"], abs=tol)
    assert max(stake, 0.0) == pytest.approx(want["f_long_only"], abs=tol)
    growth = [binary_growth(share * stake, i["p"], i["b"], i["a"]) for share in (1.0, 0.5)]
    assert growth == pytest.approx([want["growth_at_f"], want["growth_at_half"]], abs=tol)


@given(st.floats(0.02, 0.98), st.floats(0.2, 5.0), st.floats(0.2, 2.0))
def test_the_stake_maximises_growth(p, win, loss):
    """A bounded search over all stakes finds no other maximum, whatever the loss of a lost bet."""
    ends = (-1.0 / win + 1e-9, 1.0 / loss - 1e-9)
    found = minimize_scalar(lambda f: -binary_growth(f, p, win, loss), bounds=ends, method="bounded")
    assert binary_growth(binary_kelly(p, win, loss), p, win, loss) >= -found.fun - 1e-12
    assert binary_kelly(p, win, loss) == pytest.approx(found.x, abs=2e-4)


def test_growth_at_the_ends():
    """Staking all on a bet that can be lost ruins; a bet that cannot be lost has no such end."""
    assert binary_growth(1.0, 0.9, 1.0) == -math.inf
    assert binary_growth(1.0, 1.0, 1.0) == pytest.approx(math.log(2.0), abs=1e-15)
    assert binary_kelly(0.5, 1.0) == 0.0
    assert binary_kelly(0.4, 1.0) < 0.0


@pytest.mark.parametrize("item", cases("kelly_fraction", only="sigma"))
def test_one_asset(item):
    """Exposure and growth, and the three quarters that half Kelly keeps."""
    i, want, tol = item["inputs"], item["expected"], item["tolerance"]
    exposure = continuous_kelly(i["mu"], i["sigma"], i["r"])
    assert exposure == pytest.approx(want["f_star"], abs=tol)
    full, half = (
        kelly_growth(share * exposure, i["mu"] - i["r"], i["sigma"] ** 2, rate=i["r"]) for share in (1.0, 0.5)
    )
    assert [full, half] == pytest.approx([want["growth"], want["growth_half_kelly"]], abs=tol)
    assert half - i["r"] == pytest.approx(0.75 * (full - i["r"]), abs=tol)


def test_many_assets():
    """Exposures of two correlated assets; ignoring the correlation misses them."""
    item = case("kelly_fraction", "multi_asset")
    mean, cov = np.array(item["inputs"]["excess_mu"]), np.array(item["inputs"]["cov"])
    found = kelly_weights(mean, cov)
    assert found == pytest.approx(item["expected"]["f_star"], abs=item["tolerance"])
    assert kelly_growth(found, mean, cov) == pytest.approx(item["expected"]["growth"], abs=item["tolerance"])
    assert np.abs(mean / np.diag(cov) - found).max() > 0.1  # planted bug: one asset at a time


@given(st.integers(0, 1_000), st.integers(1, 6))
def test_no_other_exposure_grows_faster(seed, assets):
    """Steps away from the optimum in any direction lose growth, by the quadratic law."""
    rng = np.random.default_rng(seed)
    root = rng.normal(size=(assets, assets + 2))
    cov, mean, step = root @ root.T / 100, rng.normal(size=assets) / 10, rng.normal(size=assets)
    best = kelly_weights(mean, cov)
    lost = kelly_growth(best, mean, cov) - kelly_growth(best + step, mean, cov)
    assert lost == pytest.approx(step @ cov @ step / 2, rel=1e-6)


def test_what_has_no_stake_is_refused():
    """Impossible odds and moments are bad input; a riskless mix of assets is a gap."""
    for wrong in ((1.1, 1.0, 1.0), (0.5, 0.0, 1.0), (0.5, 1.0, -1.0), (math.nan, 1.0, 1.0)):
        with pytest.raises(BadInputError, match="kelly_bet"):
            binary_kelly(*wrong)
    with pytest.raises(BadInputError, match="kelly_bet"):
        binary_growth(math.nan, 0.5, 1.0)
    with pytest.raises(BadInputError, match="kelly_moments"):
        continuous_kelly(0.1, 0.0)
    for cov in ([[1.0]], [[1.0, 0.5], [0.4, 1.0]], [[1.0, np.nan], [np.nan, 1.0]]):
        with pytest.raises(BadInputError, match="kelly_moments"):
            kelly_weights([0.1, 0.1], cov)
    with pytest.raises(BadInputError, match="weights"):
        kelly_growth([1.0], [0.1, 0.1], np.eye(2))
    with pytest.raises(NotEnoughDataError, match="positive definite"):
        kelly_weights([0.1, 0.1], [[1.0, 1.0], [1.0, 1.0]])
