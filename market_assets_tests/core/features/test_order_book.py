"""Quotes aggregated to intervals: each message once, known at the end, figures as in the plain definition."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import polars as pl
import pytest

from market_assets.core.features.book_replay import Book, replay_book
from market_assets.core.features.causality import prove_causal
from market_assets.core.features.order_book import LIMITS, ORDER_BOOK, QUOTE_SERIES, book_side_table, quote_side_table
from market_assets.core.market.side import EVERYONE, SideTable
from market_assets_tests.core.features.panels import join, symbol_bars
from market_assets_tests.real_data import real_file

START = np.datetime64("2024-08-08T23:54:00", "us")
SECOND = np.timedelta64(1_000_000, "us")


def draw(m: int = 400, seed: int = 0) -> tuple[Book, np.ndarray]:
    """A random book of five levels, whose best prices move a tick at a time, and times about a second apart."""
    rng = np.random.Generator(np.random.PCG64(seed))
    bid = 100.0 + np.cumsum(rng.integers(-1, 2, m))[:, None] * 0.1 - 0.1 * np.arange(5)
    ask = 2 * bid[:, :1] - bid + 0.1
    sizes = rng.integers(1, 20, (2, m, 5)).astype(float)
    times = START + np.cumsum(rng.integers(0, 2_000_000, m)).astype("timedelta64[us]")
    return Book(bid, sizes[0], ask, sizes[1]), times


def plain(book: Book, inside: np.ndarray) -> list[float]:
    """The five figures of the messages ``inside``, step by step."""
    spreads, queues, lopsided, flows, depths = [], [], [], np.zeros(5), []
    for i in np.flatnonzero(inside):
        spreads.append((book.ask[i, 0] - book.bid[i, 0]) / (book.ask[i, 0] + book.bid[i, 0]) * 2)
        best = book.bid_size[i, 0], book.ask_size[i, 0]
        queues.append((best[0] - best[1]) / (best[0] + best[1]))
        bids, asks = book.bid_size[i].sum(), book.ask_size[i].sum()
        lopsided.append((bids - asks) / (bids + asks))
        depths.append((bids + asks) / 10)
        if i:
            up, down = book.bid[i] >= book.bid[i - 1], book.bid[i] <= book.bid[i - 1]
            flows += up * book.bid_size[i] - down * book.bid_size[i - 1]
            up, down = book.ask[i] >= book.ask[i - 1], book.ask[i] <= book.ask[i - 1]
            flows += up * book.ask_size[i - 1] - down * book.ask_size[i]
    flows /= np.mean(depths)
    means = [float(np.mean(part)) for part in (spreads, queues)]
    return [*means, float(flows[0]), float(np.mean(lopsided)), float(flows.mean())]


def test_figures_are_the_plain_definition() -> None:
    """Five rows an interval; what comes before the first border, at the last or after it, is in none."""
    book, times = draw()
    edges = START + np.array([30, 60, 61, 200, 300]) * SECOND
    table = book_side_table("X", book, times, edges)
    for low, high in pairwise(edges):
        expected = plain(book, (times >= low) & (times < high))
        rows = table.take(table.ts == high)
        assert rows.series.tolist() == list(LIMITS)
        np.testing.assert_allclose(rows.value, expected, rtol=1e-9, atol=1e-12)
    assert (table.known_at == table.ts).all()
    assert set(table.symbol) == {"X"}


def test_best_quotes_alone() -> None:
    """Spread and queue are those of the whole book, the flow is scaled by the best level; crossed = no spread."""
    book, times = draw()
    edges = START + np.array([30, 200, 300]) * SECOND
    whole = book_side_table("X", book, times, edges)
    best = Book(*(side[:, :1] for side in book))
    table = quote_side_table("X", best, times, edges)
    assert sorted(set(table.series.tolist())) == sorted(QUOTE_SERIES)
    for name in ("book_spread", "book_best_imbalance"):
        np.testing.assert_array_equal(table.value[table.series == name], whole.value[whole.series == name])
    inside = np.flatnonzero((times >= edges[0]) & (times < edges[1]))
    depth = np.mean((best.bid_size[inside] + best.ask_size[inside]) / 2)
    five = np.mean((book.bid_size[inside] + book.ask_size[inside]) / 2)
    flow = [one.value[(one.series == "book_flow") & (one.ts == edges[1])][0] for one in (table, whole)]
    assert flow[0] * depth == pytest.approx(flow[1] * five)
    crossed = best.bid.copy()
    crossed[inside[0]] = best.ask[inside[0]] + 1.0
    again = quote_side_table("X", best._replace(bid=crossed), times, edges)
    spreads = (best.ask - best.bid)[inside[1:], 0] / ((best.ask + best.bid)[inside[1:], 0] / 2)
    assert again.value[again.series == "book_spread"][0] == pytest.approx(spreads.mean())


def test_later_messages_change_no_earlier_row() -> None:
    """Known at the end of the interval: the rows up to a border are those of the messages before it."""
    book, times = draw()
    edges = START + np.arange(0, 240, 20) * SECOND
    whole = book_side_table("X", book, times, edges)
    early = times < edges[6]
    part = book_side_table("X", Book(*(side[early] for side in book)), times[early], edges[:7])
    np.testing.assert_array_equal(whole.take(whole.known_at <= edges[6]).value, part.value)


def test_an_interval_without_messages_has_no_row() -> None:
    """A quiet interval is unknown, not zero."""
    book, times = draw(50)
    edges = times[-1] + np.array([1, 2, 3]) * SECOND
    assert book_side_table("X", book, times, edges).n_rows == 0


def test_what_cannot_be_is_refused() -> None:
    """Times that go back, borders that do not increase, a book of three levels."""
    book, times = draw(20)
    edges = START + np.array([0, 10]) * SECOND
    shallow = Book(*(side[:, :3] for side in book))
    for args in ((book, times[::-1], edges), (book, times, edges[::-1]), (shallow, times, edges)):
        with pytest.raises(ValueError, match=r"five levels|must not decrease"):
            book_side_table("X", *args)
    with pytest.raises(ValueError, match="one best quote"):
        quote_side_table("X", shallow, times, edges)


def real_series(name: str) -> SideTable:
    """Two-second series of two minutes of a recorded stream, after its snapshot, by the receiver's clock."""
    stream = pl.read_parquet(real_file(f"l2_binance_{name}_btcusdt.parquet"))
    snapshot = stream.filter(pl.col("event") == "snapshot")
    begin = snapshot["local_ts_ns"][0]
    later = (pl.col("final_update_id") > snapshot["final_update_id"][0]) & (
        pl.col("local_ts_ns") < begin + 125_000_000_000
    )
    rows = pl.concat([snapshot, stream.filter((pl.col("event") == "depth") & later)])
    ids = rows["final_update_id"].to_numpy()
    stops = np.flatnonzero(np.append(ids[1:] != ids[:-1], True)) + 1
    book = replay_book(
        (rows["side"] == "b").to_numpy(), rows["price"].to_numpy(), rows["quantity"].to_numpy(), stops, levels=5
    )
    times = (rows["local_ts_ns"].to_numpy()[stops - 1] // 1000).astype("datetime64[us]")
    times = np.maximum.accumulate(times)
    edges = times[0].astype("datetime64[s]").astype("datetime64[us]") + np.arange(1, 122, 2) * SECOND
    return book_side_table(EVERYONE, book, times, edges)


@pytest.mark.parametrize("name", ["spot", "perp"])
def test_real_books_on_bars(name: str) -> None:
    """Both recorded streams: a tick of spread, imbalance in bounds, and the family on bars passes the proof."""
    side = real_series(name)
    stamps = np.unique(side.ts)
    assert len(stamps) >= 55
    bars = symbol_bars(len(stamps), np.random.Generator(np.random.PCG64(0)))
    panel = replace(join([("BTCUSDT", "", "equity", stamps, bars)]), side=side)
    values = dict(zip(ORDER_BOOK.names, ORDER_BOOK.compute(panel).T, strict=True))
    tick = {"spot": 0.01, "perp": 0.1}[name]
    assert tick / 70_000 < np.median(values["book_spread"]) < 30 * tick / 60_000
    assert np.abs(values["book_imbalance"]).max() <= 1.0
    assert np.isfinite(values["book_flow_five_mean_5"][4:]).all()
    result = prove_causal(ORDER_BOOK, panel, [stamps[40]], 0)
    assert (result.state, result.undefined) == ("proven", ())
