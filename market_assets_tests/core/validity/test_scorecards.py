"""Scorecards by regime, symbol and year."""

import json

import numpy as np
import pytest

from market_assets.core.errors import BadInputError
from market_assets.core.execution.backtest import simulate
from market_assets.core.execution.contribution import symbol_contributions
from market_assets.core.execution.spec import CostSpec, PortfolioSpec
from market_assets.core.validity.card import CardSpec, make_card
from market_assets.core.validity.market_state import lagged, market_level, market_regimes, market_returns
from market_assets.core.validity.scorecards import cards_by_code, scorecards
from market_assets_tests.core.validity.worlds import moving_grid

SPEC = CardSpec(bootstrap_reps=100)


def test_each_card_is_of_its_own_periods():
    """A card is that of the periods with its code; an empty code and unknown periods have cards as well."""
    returns = np.random.default_rng(0).normal(0, 0.01, 90)
    codes = np.arange(90) % 3 - 1
    calm, wild, empty, unknown = cards_by_code("regime", returns, codes, ("calm", "wild", "empty"), SPEC, seed=2)
    assert calm == make_card("regime", "calm", returns[codes == 0], SPEC, 2)
    assert wild == make_card("regime", "wild", returns[codes == 1], SPEC, 2)
    assert (empty.n, empty.figures["sharpe"]) == (0, None)
    assert (unknown.name, unknown.n) == ("unknown", 30)


def test_cards_of_a_backtest():
    """From a real account: years, regimes and symbols each add up to the whole."""
    grid = moving_grid(5, sessions=500)
    costs, portfolio = CostSpec(), PortfolioSpec()
    run = simulate(grid, np.random.default_rng(5).normal(0, 0.1, grid.open.shape), costs, portfolio)
    regimes = lagged(market_regimes(market_level(market_returns(grid))), 2, -1)
    parts = symbol_contributions(grid, run, costs, portfolio)
    found = scorecards(run.net, run.sessions, regimes, parts, grid.symbols, SPEC, seed=0)
    total = run.net.mean() * 252
    for cards in (found.by_regime, found.by_year):
        assert sum(card.n for card in cards) == found.overall.n == 500
    assert sum(card.figures["mean"] for card in found.by_symbol) == pytest.approx(total, abs=1e-9)
    assert [card.name for card in found.by_year] == ["2015", "2016"]
    years = run.sessions.astype("datetime64[Y]").astype(str)
    assert found.by_year[1] == make_card("year", "2016", run.net[years == "2016"], SPEC, 0)
    assert json.loads(json.dumps(found.to_payload())) == found.to_payload()


def test_codes_without_names_are_refused():
    """Codes out of range, of other length, and contributions of other shape."""
    returns, sessions = np.zeros(4), np.arange("2015-01-01", "2015-01-05", dtype="datetime64[D]")
    for codes in (np.array([0, 1, 2, 0]), np.array([-2, 0, 0, 0]), np.zeros(3, int)):
        with pytest.raises(BadInputError, match="card_codes"):
            cards_by_code("regime", returns, codes, ("a", "b"), SPEC, seed=0)
    with pytest.raises(BadInputError, match="contribution_shape"):
        scorecards(returns, sessions, np.zeros(4, int), np.zeros((4, 2)), ("A",), SPEC, seed=0)
