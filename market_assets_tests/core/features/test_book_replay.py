"""The replayed book against dictionaries, and against the exchange's own best quotes on a recorded stream."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from market_assets.core.features.book import depth_imbalance, spread_share
from market_assets.core.features.book_replay import Book, replay_book
from market_assets.core.features.order_flow import order_flow, scaled_order_flow
from market_assets_tests.real_data import real_file


def by_dictionaries(is_bid, price, size, stops, levels: int) -> list[list[list[float]]]:
    """Bids, sizes, asks, sizes after every message, from one dictionary a side."""
    sides: tuple[dict[float, float], dict[float, float]] = ({}, {})
    found, start = [], 0
    for stop in stops:
        for i in range(start, stop):
            side = sides[0 if is_bid[i] else 1]
            side.pop(price[i], None)
            if size[i] > 0.0:
                side[price[i]] = size[i]
        start = stop
        best = (sorted(sides[0], reverse=True)[:levels], sorted(sides[1])[:levels])
        rows = []
        for side, prices in zip(sides, best, strict=True):
            missing = levels - len(prices)
            rows += [[*prices, *[np.nan] * missing], [*(side[p] for p in prices), *[0.0] * missing]]
        found.append(rows)
    return found


@pytest.mark.parametrize("spread", [8, 9_000])
def test_equals_dictionaries(spread: int) -> None:
    """Sets, changes and deletions in any order, in a book of few levels and in one that has to grow."""
    rng = np.random.Generator(np.random.PCG64(spread))
    n = 400 if spread == 8 else 30_000
    is_bid = rng.random(n) < 0.5
    price = 100.0 + np.where(is_bid, -1, 1) * rng.integers(0, spread, n) / 100.0
    size = np.where(rng.random(n) < 0.3, 0.0, rng.integers(1, 50, n)).astype(np.float64)
    stops = np.sort(rng.integers(0, n + 1, 40))
    found = replay_book(is_bid, price, size, stops, 5)
    plain = by_dictionaries(is_bid, price, size, stops, 5)
    for part, table in enumerate(found):
        np.testing.assert_array_equal(table, [rows[part] for rows in plain])


def test_unusable_updates_are_refused() -> None:
    """A price of zero, a negative or missing size, and messages outside the rows."""
    good = {"is_bid": np.array([True]), "price": np.ones(1), "size": np.ones(1), "stops": np.array([1]), "levels": 1}
    assert replay_book(**good).bid.tolist() == [[1.0]]
    for name, value in (("price", [0.0]), ("size", [-1.0]), ("size", [np.nan]), ("stops", [2])):
        with pytest.raises(ValueError, match=r"update|stops"):
            replay_book(**{**good, name: np.array(value)})


@pytest.fixture(scope="module")
def stream() -> pl.DataFrame:
    """A recorded perpetual-swap stream: depth updates, best quotes and trades in order of arrival."""
    return pl.read_parquet(real_file("l2_binance_perp_btcusdt.parquet"))


@pytest.fixture(scope="module")
def updates(stream: pl.DataFrame) -> pl.DataFrame:
    """The snapshot and the messages after it, by the exchange's rule on update ids."""
    snapshot = stream.filter(pl.col("event") == "snapshot")
    later = pl.col("final_update_id") > snapshot["final_update_id"][0]
    return pl.concat([snapshot, stream.filter((pl.col("event") == "depth") & later)])


@pytest.fixture(scope="module")
def messages(updates: pl.DataFrame) -> pl.DataFrame:
    """One row a message: its last update id, its time and the row after its last update."""
    ids = updates["final_update_id"]
    last = (ids != ids.shift(-1)).fill_null(True)
    return updates.with_row_index("row").filter(last).select("final_update_id", "local_ts_ns", stop=pl.col("row") + 1)


@pytest.fixture(scope="module")
def book(updates: pl.DataFrame, messages: pl.DataFrame) -> Book:
    columns = (updates["price"].to_numpy(), updates["quantity"].to_numpy(), messages["stop"].to_numpy())
    return replay_book((updates["side"] == "b").to_numpy(), *columns, levels=5)


def test_real_book_is_the_exchanges_own(stream: pl.DataFrame, messages: pl.DataFrame, book: Book) -> None:
    """The best quotes of the replay are those the exchange sent at the same update id, in over 99 % of messages."""
    ticker = stream.filter(pl.col("event") == "book_ticker")
    sides = [ticker.filter(pl.col("side") == side).select("final_update_id", "price", "quantity") for side in "ba"]
    agreed = []
    for side, price, size in ((sides[0], book.bid, book.bid_size), (sides[1], book.ask, book.ask_size)):
        sent = messages.join_asof(side, on="final_update_id")
        same = (sent["price"].to_numpy() == price[:, 0]) & (sent["quantity"].to_numpy() == size[:, 0])
        agreed.append(same[sent["price"].is_not_null().to_numpy()])
    assert min(len(same) for same in agreed) > 3_000
    assert min(same.mean() for same in agreed) > 0.99
    assert (book.ask[:, 0] > book.bid[:, 0]).all()
    assert (np.diff(book.ask, axis=1) > 0).all()
    assert (np.diff(book.bid, axis=1) < 0).all()


def test_real_flow_moves_the_price(messages: pl.DataFrame, book: Book) -> None:
    """Over seconds, order flow goes with the mid price; five levels explain more than one; the next second less."""
    second = (messages["local_ts_ns"] // 1_000_000_000).to_numpy()
    stops = np.flatnonzero(np.append(second[1:] != second[:-1], True)) + 1
    mid = (book.bid[:, 0] + book.ask[:, 0]) / 2.0
    change = np.diff(mid[stops - 1])
    flow = scaled_order_flow(*book, stops)[1:]
    best, five = (np.corrcoef(part, change)[0, 1] for part in (flow[:, 0], flow.mean(axis=1)))
    assert five > best > 0.4
    assert five > np.corrcoef(flow[1:].mean(axis=1), change[:-1])[0, 1] + 0.2


def test_real_book_has_sound_figures(book: Book) -> None:
    """The spread is about a tick of 0.1, imbalance spans both sides, every step between quotes has a flow."""
    spread = spread_share(book.bid[:, 0], book.ask[:, 0])
    assert np.median(spread) == pytest.approx(0.1 / 61_800, rel=0.05)
    lopsided = depth_imbalance(book.bid_size, book.ask_size)
    assert lopsided.min() < -0.5 < 0.5 < lopsided.max()
    assert np.isfinite(order_flow(*book)[1:]).all()
