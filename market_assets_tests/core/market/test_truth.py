"""The oracle that sees the planted pressure."""

from __future__ import annotations

import numpy as np
import pytest

from market_assets.core.market.synthetic import SyntheticSpec, synthesize
from market_assets.core.market.truth import neutral_weights, oracle, trade


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_planted_oracle_earns_a_net_sharpe_of_seven_to_nine_and_a_half(seed):
    """10-day smoothing and 10 bp a unit of turnover leave the oracle, who sees the pressure, between 7 and 9.5."""
    result = oracle(synthesize(SyntheticSpec(seed=seed)))
    assert 7.0 < result.net_sharpe < 9.5
    assert result.gross_sharpe > result.net_sharpe
    assert 0.05 < result.turnover < 0.2


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_null_oracle_earns_nothing(seed):
    """In a null market the same signal is worth nothing before costs and loses after them."""
    result = oracle(synthesize(SyntheticSpec(kind="null", seed=seed)))
    assert abs(result.gross_sharpe) < 1.5
    assert result.net_sharpe < 1.0


def test_weights_are_neutral_smoothed_and_of_gross_one():
    """Weights match a loop over sessions that averages the last ten centred scores."""
    score = np.random.default_rng(1).standard_normal((40, 6))
    weights = neutral_weights(score, smoothing=10)
    for t in range(40):
        window = score[max(0, t - 9) : t + 1]
        plain = (window - window.mean(axis=1, keepdims=True)).sum(axis=0)
        np.testing.assert_allclose(weights[t], plain / np.abs(plain).sum(), atol=1e-12)
    np.testing.assert_allclose(weights.sum(axis=1), 0, atol=1e-12)


def test_trading_charges_drifted_turnover():
    """One symbol held at weight 1 whose price doubles: the first day pays for 1, the second for selling 1."""
    result = trade(np.ones((3, 1)), np.array([[0.0], [1.0], [0.5]]), 0.0)
    assert result.turnover == pytest.approx((1 + 1) / 2)


def test_knowing_tomorrow_would_show():
    """Planted bug: weights that use the returns they earn reach an absurd Sharpe ratio."""
    market = synthesize(SyntheticSpec(kind="null", symbols=20, years=2))
    returns = market.truth.total_return.reshape(20, -1).T
    leaking = neutral_weights(np.vstack([returns[1:], returns[-1:]]), 1)
    assert trade(leaking, returns, 0.0).gross_sharpe > 30
