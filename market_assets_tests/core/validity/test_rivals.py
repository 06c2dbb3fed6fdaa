"""Rules a candidate must beat, and labels as bets."""

from dataclasses import replace

import numpy as np
import pytest

from market_assets.core.errors import BadInputError, NotEnoughDataError
from market_assets.core.execution.spec import CostSpec
from market_assets.core.validity.card import CardSpec
from market_assets.core.validity.rivals import against_rules, label_bets, round_trip
from market_assets_tests.core.folds.sets import random_set

SPEC = CardSpec(bootstrap_reps=400)


def test_differences_are_means_with_intervals():
    """Against a rule with the same noise the gap is exact; against an unrelated one the interval holds the truth."""
    generator = np.random.default_rng(1)
    rule = generator.normal(0.0, 0.01, 1000)
    other = generator.normal(0.0, 0.01, 1000)
    best = rule + 0.0004
    same, apart = against_rules(best, np.column_stack([rule, other]), ("same", "apart"), SPEC, 1)
    assert same.difference == pytest.approx(0.0004 * 252)
    assert (same.low, same.high) == pytest.approx((same.difference, same.difference))
    assert apart.difference == pytest.approx(float((best - other).mean()) * 252)
    assert apart.low < apart.difference < apart.high
    assert same.sharpe == pytest.approx(float(rule.mean() / rule.std(ddof=1)) * 252**0.5)


def test_another_length_is_refused():
    """One column a rule, over the same periods."""
    with pytest.raises(BadInputError, match="rule_returns"):
        against_rules(np.zeros(10) + 0.1, np.zeros((9, 1)), ("a",), SPEC, 1)


@pytest.fixture
def data():
    rng = np.random.default_rng(3)
    found = random_set(rng)
    ret = np.where(rng.random(found.n_rows) < 0.1, np.nan, rng.normal(0.0, 0.02, found.n_rows))
    return replace(found, ret=ret)


def test_bets_by_a_plain_loop(data):
    """Mean and share of wins, one bet after another; undefined outcomes and rows without forecast are no bets."""
    generator = np.random.default_rng(2)
    probability = np.where(generator.random(data.n_rows) < 0.2, np.nan, generator.random(data.n_rows))
    costs = CostSpec()
    rows = [row for row in range(data.n_rows) if not np.isnan(probability[row]) and np.isfinite(data.ret[row])]
    plain = {"every label long": [], "every label short": [], "side of the forecast": []}
    for row in rows:
        plain["every label long"].append(data.ret[row] - round_trip(costs))
        plain["every label short"].append(-data.ret[row] - round_trip(costs))
        side = 1.0 if probability[row] >= 0.5 else -1.0
        plain["side of the forecast"].append(side * data.ret[row] - round_trip(costs))
    for one in label_bets(data, probability, costs, SPEC, 5):
        assert one.bets == len(rows)
        assert one.mean == pytest.approx(np.mean(plain[one.name]))
        assert one.win_rate == np.mean(np.array(plain[one.name]) > 0)
        assert one.low <= one.mean <= one.high


def test_a_perfect_forecast_earns_the_mean_move(data):
    """Knowing the sign of every label earns its size less the costs, and beats both sides."""
    knowing = np.where(data.ret > 0, 0.9, 0.1)
    long, short, own = label_bets(data, knowing, CostSpec(), SPEC, 5)
    known = np.isfinite(data.ret)
    assert own.mean == pytest.approx(np.abs(data.ret[known]).mean() - round_trip(CostSpec()))
    assert own.low > max(long.high, short.high)


def test_no_forecast_is_too_little(data):
    """Nothing to bet on is no figure."""
    with pytest.raises(NotEnoughDataError):
        label_bets(data, np.full(data.n_rows, np.nan), CostSpec(), SPEC, 5)
