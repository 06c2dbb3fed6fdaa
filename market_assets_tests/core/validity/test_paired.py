"""Paired lifts against their plain definitions, and what chance makes of them."""

import numpy as np
import pytest

from market_assets.core.errors import BadInputError, NotEnoughDataError
from market_assets.core.statistics.sharpe import sharpe_ratio
from market_assets.core.validity.paired import forecast_lift, returns_lift

SIZES = {"reps": 200, "mean_block": 5.0, "seed": 3}


def test_returns_lift_is_the_difference_of_the_figures():
    """Annual Sharpe ratio and mean of each; a better book has a lift above its interval's zero, an equal one none."""
    rng = np.random.default_rng(0)
    noise = rng.normal(0.0, 0.01, 600)
    one, other = noise + 0.001, noise + rng.normal(0.0, 0.001, 600)
    sharpe, mean = returns_lift(one, other, periods=252, **SIZES)
    assert sharpe.lift == pytest.approx((sharpe_ratio(one) - sharpe_ratio(other)) * 252**0.5)
    assert mean.lift == pytest.approx((one.mean() - other.mean()) * 252)
    assert 0.0 < sharpe.low < sharpe.lift < sharpe.high
    assert sharpe.pvalue == pytest.approx(1 / 201)
    # pairing is what sees it: the book alone is not distinguishable from zero to this precision
    assert sharpe.high - sharpe.low < 0.5
    same = returns_lift(one, one, periods=252, **SIZES)[0]
    assert (same.lift, same.low, same.high, same.pvalue) == (0.0, 0.0, 0.0, 1.0)


def test_forecast_lift_equals_the_definition():
    """Log loss a row, and pairs of up and down within a session, ties half."""
    rng = np.random.default_rng(1)
    session = np.sort(rng.integers(0, 60, 500)).astype(np.int32)
    outcome = rng.integers(0, 2, 500).astype(np.int8)
    good = np.clip(np.round(0.5 + 0.2 * (2 * outcome - 1) + rng.normal(0, 0.2, 500), 1), 0.1, 0.9)
    bad = np.round(rng.uniform(0.1, 0.9, 500), 1)
    auc, loss = forecast_lift(good, bad, outcome, session, **SIZES)
    for figure, probability in ((auc.with_it, good), (auc.without, bad)):
        right = pairs = 0.0
        for up in np.flatnonzero(outcome == 1):
            for down in np.flatnonzero((outcome == 0) & (session == session[up])):
                right += float(probability[up] > probability[down]) + 0.5 * float(probability[up] == probability[down])
                pairs += 1
        assert figure == pytest.approx(right / pairs)
    plain = -np.mean(np.where(outcome == 1, np.log(good), np.log(1 - good)))
    assert loss.with_it == pytest.approx(plain)
    assert min(auc.low, loss.low) > 0.0
    assert max(auc.pvalue, loss.pvalue) < 0.05


def test_what_cannot_be_compared_is_said():
    """Other lengths are bad input; a book that never trades, or sessions of one outcome, are a gap."""
    with pytest.raises(BadInputError, match="paired"):
        returns_lift(np.ones(5), np.ones(6), periods=252, **SIZES)
    with pytest.raises(NotEnoughDataError, match="outcomes"):
        forecast_lift(np.full(8, 0.5), np.full(8, 0.4), np.ones(8, np.int8), np.arange(8, dtype=np.int32) // 2, **SIZES)
