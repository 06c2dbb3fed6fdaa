"""Order-flow imbalance against the published case, a plain loop, and its symmetries."""

from __future__ import annotations

import numpy as np
import pytest

from market_assets.core.features.order_flow import interval_sums, order_flow, scaled_order_flow
from market_assets_tests.golden.cases import cases


def draw_book(n: int, levels: int, seed: int) -> tuple[np.ndarray, ...]:
    """Quotes of ``levels`` levels whose prices often stay and sizes always change."""
    rng = np.random.Generator(np.random.PCG64(seed))
    mid = 1000 + np.cumsum(rng.choice([-1, 0, 0, 0, 1], n))
    steps = np.arange(levels)
    bid, ask = (mid[:, None] - 1 - steps) / 10.0, (mid[:, None] + rng.integers(1, 3, n)[:, None] + steps) / 10.0
    return bid, rng.uniform(1.0, 90.0, (n, levels)), ask, rng.uniform(1.0, 90.0, (n, levels))


def three_cases(bid, bid_size, ask, ask_size) -> list[float]:
    """The paper in words: a better price adds its queue, a worse one loses the old, the same one the difference."""
    found = []
    for n in range(1, len(bid)):
        if bid[n] > bid[n - 1]:
            demand = bid_size[n]
        elif bid[n] < bid[n - 1]:
            demand = -bid_size[n - 1]
        else:
            demand = bid_size[n] - bid_size[n - 1]
        if ask[n] < ask[n - 1]:
            supply = ask_size[n]
        elif ask[n] > ask[n - 1]:
            supply = -ask_size[n - 1]
        else:
            supply = ask_size[n] - ask_size[n - 1]
        found.append(demand - supply)
    return found


@pytest.mark.parametrize("item", cases("order_flow_imbalance"))
def test_published(item) -> None:
    """The five steps between six quotes, and their sum."""
    quotes = np.array(item["inputs"]["quotes_bid_bidsize_ask_asksize"], dtype=np.float64)
    flow = order_flow(*quotes.T)
    assert np.isnan(flow[0])
    assert flow[1:].tolist() == item["expected"]["e_n"]
    assert interval_sums(flow[1:], np.array([5])).tolist() == [item["expected"]["ofi_total"]]


def test_five_levels_equal_the_plain_definition() -> None:
    """Every level by itself, as if it were the best quote."""
    book = draw_book(300, 5, 1)
    flow = order_flow(*book)
    for level in range(5):
        np.testing.assert_allclose(flow[1:, level], three_cases(*(part[:, level] for part in book)), atol=1e-12)
    np.testing.assert_array_equal(order_flow(*(part[:, 0] for part in book)), flow[:, 0])


def test_the_mirrored_book_has_the_opposite_flow() -> None:
    """Bids and asks exchanged, prices negated."""
    bid, bid_size, ask, ask_size = draw_book(200, 3, 2)
    mirrored = order_flow(-ask, ask_size, -bid, bid_size)
    np.testing.assert_allclose(mirrored, -order_flow(bid, bid_size, ask, ask_size), atol=1e-12)


def test_a_missing_side_is_unknown() -> None:
    """A missing price leaves the steps to it and from it undefined, and no other."""
    bid, bid_size, ask, ask_size = draw_book(30, 1, 3)
    ask[10] = np.nan
    flow = order_flow(bid, bid_size, ask, ask_size)
    assert np.flatnonzero(np.isnan(flow)).tolist() == [0, 10, 11]


def test_shapes_must_agree() -> None:
    """One size column short is refused."""
    bid, bid_size, ask, ask_size = draw_book(30, 2, 3)
    with pytest.raises(ValueError, match="one shape"):
        order_flow(bid, bid_size[:, :1], ask, ask_size)


def test_intervals_take_each_row_once() -> None:
    """Sums between the stops, zero for an empty interval, rows after the last stop left out."""
    values = np.arange(12.0).reshape(6, 2)
    np.testing.assert_array_equal(interval_sums(values, np.array([2, 2, 5])), [[2, 4], [0, 0], [18, 21]])
    np.testing.assert_array_equal(interval_sums(values[:, 0].copy(), np.array([6])), [30.0])
    assert interval_sums(values[:0], np.array([], dtype=np.int64)).shape == (0, 2)
    for stops in ([3, 2], [7], [-1]):
        with pytest.raises(ValueError, match="stops"):
            interval_sums(values, np.array(stops))


def test_scaling_takes_out_the_depth() -> None:
    """Sums over mean depth, by hand; ten times the sizes give the same figures; no rows give no figure."""
    book = draw_book(100, 5, 4)
    stops = np.array([40, 40, 100])
    found = scaled_order_flow(*book, stops)
    bid, bid_size, ask, ask_size = book
    for interval, rows in ((0, slice(0, 40)), (2, slice(40, 100))):
        depth = np.mean((bid_size[rows] + ask_size[rows]) / 2.0)
        for level in range(5):
            steps = [0.0, *three_cases(*(part[:, level] for part in book))]
            np.testing.assert_allclose(found[interval, level], sum(steps[rows]) / depth, atol=1e-10)
    assert np.isnan(found[1]).all()
    np.testing.assert_allclose(scaled_order_flow(bid, 10 * bid_size, ask, 10 * ask_size, stops), found, atol=1e-10)


def test_flow_explains_a_price_it_moves() -> None:
    """A mid that follows the flow correlates with it, and not with the flow of two steps later."""
    rng = np.random.Generator(np.random.PCG64(5))
    bid, bid_size, ask, ask_size = draw_book(2_000, 1, 6)
    flow = order_flow(np.full_like(bid, 1.0), bid_size, np.full_like(ask, 2.0), ask_size)[1:, 0]
    change = 0.01 * flow + rng.normal(0.0, 0.2, flow.size)
    assert np.corrcoef(flow, change)[0, 1] > 0.8
    assert abs(np.corrcoef(flow[2:], change[:-2])[0, 1]) < 0.1
