"""Cards of return series."""

import json
import math

import numpy as np
import pytest

from market_assets.core.errors import BadInputError
from market_assets.core.statistics.bootstrap import return_intervals
from market_assets.core.statistics.risk import max_drawdown
from market_assets.core.statistics.sharpe import sharpe_ratio
from market_assets.core.validity.card import ENDS, CardSpec, make_card

SPEC = CardSpec(bootstrap_reps=200)


def test_figures_are_those_of_the_statistics():
    """Annual Sharpe and mean, drawdown, hit rate, and the bootstrap ends of the same seed."""
    returns = np.random.default_rng(0).normal(0.001, 0.01, 300)
    returns[:5] = 0.0
    card = make_card("year", "2015", returns, SPEC, seed=4)
    ends = return_intervals(returns, reps=200, mean_block=10.0, seed=4)
    expected = {
        "sharpe": sharpe_ratio(returns) * math.sqrt(252),
        "mean": returns.mean() * 252,
        "max_drawdown": max_drawdown(returns),
        "hit_rate": np.mean(returns[5:] > 0),
        "total_return": np.prod(1 + returns) - 1,
        "sharpe_low": ends.sharpe.low * math.sqrt(252),
        "sharpe_high": ends.sharpe.high * math.sqrt(252),
        "mean_low": ends.mean.low * 252,
        "mean_high": ends.mean.high * 252,
        "drawdown_low": ends.max_drawdown.low,
        "drawdown_high": ends.max_drawdown.high,
    }
    assert card.figures == pytest.approx(expected, abs=1e-12)
    assert (card.n, card.cause) == (300, "")
    assert json.loads(json.dumps(card.to_payload())) == card.to_payload()


def test_too_few_periods_have_a_cause_and_no_figure():
    """A short or empty slice has no number at all."""
    for n in (0, 19):
        card = make_card("regime", "rare", np.full(n, 0.01), SPEC, seed=0)
        assert set(card.figures.values()) == {None}
        assert card.cause == f"{n} periods; at least 20 are needed"


def test_idle_series_have_no_sharpe_ratio():
    """Zeros have a mean of 0 with an interval, but neither a Sharpe ratio nor ends for it."""
    card = make_card("symbol", "idle", np.zeros(50), SPEC, seed=0)
    assert (card.figures["mean"], card.figures["mean_high"]) == (0.0, 0.0)
    assert [card.figures[key] for key in ("sharpe", "sharpe_low", "sharpe_high", "hit_rate")] == [None] * 4
    assert "never vary" in card.cause


def test_resamples_that_never_vary_leave_the_interval_open():
    """Constant gains have a mean and no interval."""
    card = make_card("symbol", "constant", np.full(50, 0.01), SPEC, seed=0)
    assert card.figures["mean"] == pytest.approx(2.52)
    assert [card.figures[key] for key in ENDS] == [None] * 6


def test_missing_returns_are_refused():
    """NaN is no return."""
    with pytest.raises(BadInputError, match="finite_returns"):
        make_card("year", "2015", [0.1, math.nan], SPEC, seed=0)
