"""Contributions of the names against the account they come from."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from market_assets.core.errors import BadInputError
from market_assets.core.execution.backtest import simulate
from market_assets.core.execution.baselines import baselines
from market_assets.core.execution.contribution import symbol_contributions
from market_assets.core.execution.spec import CostSpec, PortfolioSpec
from market_assets_tests.core.execution.grids import make_grid, random_grid

COSTS, PORTFOLIO = CostSpec(), PortfolioSpec(settle_after=3)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([0.0, 0.1, 0.5]))
def test_parts_add_up_to_the_net_return(seed, missing):
    """Names add up to the account in every session, with missing bars and settlements."""
    grid = random_grid(seed, missing_share=missing)
    weights = np.random.default_rng(seed).normal(0, 0.2, grid.open.shape)
    run = simulate(grid, weights, COSTS, PORTFOLIO)
    assert symbol_contributions(grid, run, COSTS, PORTFOLIO).sum(axis=1) == pytest.approx(run.net, abs=1e-12)


def test_a_name_alone_is_the_whole_account():
    """With one name held at a time, its part is the net return of an account that holds nothing else."""
    grid = random_grid(1, names=3)
    alone = np.zeros(grid.open.shape)
    alone[:, 1] = np.random.default_rng(2).normal(0, 0.3, len(alone))
    run = simulate(grid, alone, COSTS, PORTFOLIO)
    parts = symbol_contributions(grid, run, COSTS, PORTFOLIO)
    assert parts[:, 1] == pytest.approx(run.net, abs=1e-12)
    assert not parts[:, [0, 2]].any()


def test_worked_example():
    """Half in each of two names, +10 % and -4 % after free trades: contributions +5 % and -2 %."""
    free = CostSpec(maker_bp=0, taker_bp=0, slippage=((None, 0.0),), borrow_bp_per_year=0)
    grid = make_grid([[10, 10], [10, 10], [11, 9.6]])
    run = simulate(grid, np.full((3, 2), 0.5), free, PORTFOLIO)
    assert symbol_contributions(grid, run, free, PORTFOLIO)[2] == pytest.approx([0.05, -0.02], abs=1e-15)


def test_buy_and_hold_adds_up():
    """Books without orders drift, and their parts add up as well."""
    grid = random_grid(3, missing_share=0.2)
    for run in baselines(grid, COSTS, PORTFOLIO).values():
        assert symbol_contributions(grid, run, COSTS, PORTFOLIO).sum(axis=1) == pytest.approx(run.net, abs=1e-12)


def test_window_from_an_empty_book_is_enough():
    """The end of an account that held nothing before gives the same parts; one cut while invested is refused."""
    grid = random_grid(4)
    weights = np.random.default_rng(4).normal(0, 0.2, grid.open.shape)
    weights[:20] = 0.0
    run = simulate(grid, weights, COSTS, PORTFOLIO)
    whole = symbol_contributions(grid, run, COSTS, PORTFOLIO)
    last = len(grid.sessions) - 1
    assert np.array_equal(symbol_contributions(grid, run.window(21, last), COSTS, PORTFOLIO), whole[21:])
    with pytest.raises(BadInputError, match="book_of_grid"):
        symbol_contributions(grid, run.window(30, last), COSTS, PORTFOLIO)


def test_foreign_accounts_are_refused():
    """Other costs, sessions that are not the last, or other names: the parts would be of something else."""
    grid = random_grid(5)
    run = simulate(grid, np.full(grid.open.shape, 0.1), COSTS, PORTFOLIO)
    dear = CostSpec(taker_bp=50.0)
    for other, costs in ((run, dear), (run.window(0, 30), COSTS), (replace(run, symbols=tuple("abcde")), COSTS)):
        with pytest.raises(BadInputError, match="book_of_grid"):
            symbol_contributions(grid, other, costs, PORTFOLIO)


def test_ruin_is_told_by_name():
    """In the session of ruin the parts add up to the loss itself, larger than the equity."""
    grid = make_grid([[10, 10], [10, 10], [30, 10], [30, 10]])
    run = simulate(grid, np.tile([-1.0, 0.0], (4, 1)), COSTS, PORTFOLIO)
    assert run.ruined == 2
    parts = symbol_contributions(grid, run, COSTS, PORTFOLIO)
    assert parts[2].sum() == pytest.approx(run.gross[2] - run.borrow[2])
    assert not parts[3].any()
