"""Returns after costs."""

from __future__ import annotations

import numpy as np
import pytest

from market_assets.core.errors import BadInputError
from market_assets.core.labels.costs import net_return, side_cost


def test_one_side_pays_half_the_spread():
    """A spread of 8 bp, slippage of 5 and impact of 2 cost 11 bp a side."""
    assert side_cost(8.0, 5.0, 2.0) == 11.0
    np.testing.assert_array_equal(side_cost(np.array([8.0, 2.0]), 5.0), [9.0, 6.0])


def test_a_position_pays_on_what_it_buys_and_on_what_it_sells():
    """10 bp a side: long from 100 to 110 pays 0.1 + 0.11, short from 100 to 110 loses the move and pays the same."""
    gross = np.array([0.1, -0.1, 0.0])
    net = net_return(gross, np.full(3, 10.0), np.array([1, -1, 1], np.int8))
    np.testing.assert_allclose(net, [0.1 - 0.0021, -0.1 - 0.0021, -0.002], rtol=0, atol=1e-15)


def test_a_direction_shrinks_by_the_trade_on_its_own_side():
    """A move that pays neither side is 0; a larger one keeps its sign."""
    gross = np.array([0.1, -0.1, 0.002, -0.0019, np.nan])
    net = net_return(gross, np.full(5, 10.0))
    np.testing.assert_allclose(net, [0.1 - 0.0021, -(0.1 - 0.0019), 0.0, 0.0, np.nan], rtol=0, atol=1e-15)


@pytest.mark.parametrize("cost", [-1.0, np.nan, np.inf])
def test_a_missing_or_negative_cost_is_refused(cost):
    """A cost that is not known is not 0."""
    with pytest.raises(BadInputError, match="label_cost"):
        side_cost(slippage_bp=cost)
    with pytest.raises(BadInputError, match="label_cost"):
        net_return(np.zeros(1), np.array([cost]))
