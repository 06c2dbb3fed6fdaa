"""Baselines: what they hold, and that they know the past only."""

from dataclasses import replace

import numpy as np
import pytest

from market_assets.core.execution.baselines import BASELINES, baselines
from market_assets.core.execution.spec import CostSpec, PortfolioSpec
from market_assets_tests.core.execution.grids import make_grid, random_grid

PORTFOLIO = PortfolioSpec(cap=0.3, smoothing=2)


def test_names_are_the_published_ones():
    """The list other rooms use is the list that is computed."""
    assert tuple(baselines(random_grid(0, sessions=20), CostSpec(), PORTFOLIO)) == BASELINES


def test_buy_and_hold_trades_once():
    """Equity follows the mean price path of what was bought; one trade, no other cost."""
    grid = random_grid(1, sessions=50, names=4)
    free = CostSpec(maker_bp=0, taker_bp=0, slippage=((None, 0.0),))
    found = baselines(grid, free, PORTFOLIO)["buy_and_hold"]
    assert np.count_nonzero(found.turnover) == 1
    assert np.prod(1 + found.net) == pytest.approx((grid.open[-1] / grid.open[1]).mean(), rel=1e-12)


def test_equal_weight_is_equal_and_rebalanced():
    """Every listed name has the same weight after every open."""
    found = baselines(random_grid(2, names=4), CostSpec(), PORTFOLIO)["equal_weight"]
    assert found.held[1:] == pytest.approx(np.full((59, 4), 0.25), rel=3e-3)


def test_a_missing_bar_is_not_a_sale():
    """A name absent for a session stays listed; one never traded is not held at all."""
    grid = random_grid(3, names=4)
    traded = grid.traded.copy()
    traded[10, 1] = False
    traded[:, 3] = False
    found = baselines(replace(grid, traded=traded), CostSpec(), PORTFOLIO)["equal_weight"]
    assert found.held[11:15, 1] == pytest.approx(1 / 3, rel=5e-3)
    assert (found.held[:, 3] == 0).all()


def test_momentum_follows_and_reversal_opposes():
    """Names that rise by different constant rates: momentum is long the fastest, reversal short."""
    rates = np.array([0.004, 0.002, -0.002, -0.004])
    grid = make_grid(50 * np.exp(np.arange(140)[:, None] * rates))
    found = baselines(grid, CostSpec(), PORTFOLIO)
    for name, sign in (("momentum_20", 1), ("momentum_126", 1), ("reversal_5", -1)):
        assert (np.sign(found[name].held[-1]) == sign * np.sign(rates)).all(), name
    assert (found["momentum_126"].held[:126] == 0).all()
    one_sided = baselines(grid, CostSpec(), replace(PORTFOLIO, mode="directional"))
    assert (np.sign(one_sided["momentum_20"].held[-1]) == np.sign(rates)).all()


def test_no_baseline_sees_the_future():
    """Prices changed after open 100 leave every booked row up to 100 untouched."""
    grid = random_grid(4, sessions=150)
    bump = np.where(np.arange(150)[:, None] > 100, 1.5, 1.0)
    later = replace(grid, open=grid.open * bump, close=grid.close * np.where(np.arange(150)[:, None] >= 100, 0.7, 1.0))
    first, second = (baselines(g, CostSpec(), PORTFOLIO) for g in (grid, later))
    for name in BASELINES:
        assert first[name].net[:101].tobytes() == second[name].net[:101].tobytes(), name


def test_an_empty_market_is_flat():
    """Nothing traded, nothing held."""
    grid = random_grid(5)
    found = baselines(replace(grid, traded=np.zeros_like(grid.traded)), CostSpec(), PORTFOLIO)
    assert all((one.net == 0).all() for one in found.values())
