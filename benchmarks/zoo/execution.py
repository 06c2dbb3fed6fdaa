"""Fills and profits that nobody could have had."""

from __future__ import annotations

import numpy as np

from benchmarks.zoo.entry import Entry
from benchmarks.zoo.honest import COST, open_ticks, positions, signal, trade, traded
from benchmarks.zoo.panels import Floats, fill_forward, log_returns, shift, std_known, windows
from market_assets.core.leakage.book import Book, make_book, mark
from market_assets.core.leakage.timed import Arrays


def _same_bar(bars: Arrays) -> Book:
    order, quantity = positions(signal(bars), traded(bars))
    return make_book(order, quantity, bars["close"], open_ticks(bars) + 1, bars["close"], COST)


def _next_close(bars: Arrays) -> Book:
    order, quantity = positions(shift(signal(bars)), traded(bars))
    return make_book(order, quantity, bars["close"], open_ticks(bars) + 1, bars["close"], COST)


def _same_bar_profit(bars: Arrays) -> Book:
    honest = trade(bars)
    close = fill_forward(bars["close"])
    gains = np.nan_to_num(np.nan_to_num(signal(bars)) * (close - shift(close)))
    return Book(**{**vars(honest), "profit": np.cumsum(gains.sum(axis=1))})


def _stale(bars: Arrays) -> Book:
    close = fill_forward(bars["close"])
    order, quantity = positions(shift(signal(bars)), ~np.isnan(close))
    price = np.where(traded(bars), bars["open"], close)
    return make_book(order, quantity, price, open_ticks(bars), bars["close"], COST)


def _at_price(field: str) -> object:
    def run(bars: Arrays) -> Book:
        order, quantity = positions(shift(signal(bars)), traded(bars))
        best = np.where(quantity > 0, bars["low"], bars["high"])
        price = {"best": best, "middle": 0.5 * (bars["high"] + bars["low"])}[field]
        return make_book(order, quantity, price, open_ticks(bars), bars["close"], COST)

    return run


def _free(bars: Arrays) -> Book:
    order, quantity = positions(shift(signal(bars)), traded(bars))
    return make_book(order, quantity, bars["open"], open_ticks(bars), bars["close"], 0.0)


def _sized(bars: Arrays, spread: Floats) -> Book:
    order, quantity = positions(shift(signal(bars) / spread), traded(bars))
    return make_book(order, quantity, bars["open"], open_ticks(bars), bars["close"], COST)


def _full_volatility(bars: Arrays) -> Book:
    return _sized(bars, std_known(log_returns(bars["close"]), 0) * np.ones(bars["close"].shape))


def _past_volatility(bars: Arrays) -> Book:
    return _sized(bars, std_known(windows(log_returns(bars["close"]), 20), 2))


def _regretted(bars: Arrays) -> Book:
    """Buys that lost on their first day are forgotten."""
    wanted = shift(signal(bars))
    live = traded(bars)
    good = np.nan_to_num(wanted) * (bars["close"] - bars["open"]) >= 0
    order, quantity = positions(wanted, live & good)
    return make_book(order, quantity, bars["open"], open_ticks(bars), bars["close"], COST)


def _limits(bars: Arrays, always: bool) -> Book:
    """Each session a bid 1 % below the last close for one unit, closed at the next open of an even session."""
    live = traded(bars)
    bid = 0.99 * shift(fill_forward(bars["close"]))
    shape = bid.shape
    order, quantity = np.zeros(shape), np.zeros(shape)
    price, limit = bars["open"].copy(), np.full(shape, np.nan)
    held = np.zeros(shape[1])
    for session in range(1, shape[0]):
        if session % 2:
            wants = (held == 0.0) & ~np.isnan(bid[session])
            order[session] = np.where(wants, 1.0, 0.0)
            limit[session] = np.where(wants, bid[session], np.nan)
            reached = live[session] & ((bars["low"][session] <= bid[session]) | always)
            quantity[session] = np.where(wants & reached, 1.0, 0.0)
            at = bid[session] if always else np.minimum(bid[session], bars["open"][session])
            price[session] = np.where(wants, at, price[session])
        else:
            order[session] = -held
            quantity[session] = np.where(live[session], order[session], 0.0)
        held = held + quantity[session]
    return make_book(order, quantity, price, open_ticks(bars), bars["close"], COST, limit=limit)


def _exits(bars: Arrays, target_first: bool, gap_at_stop: bool) -> Book:
    """Bought at the open of even sessions, with a target 1 % above and a stop 1 % below on odd ones."""
    live = traded(bars)
    shape = live.shape
    order, quantity, price = np.zeros(shape), np.zeros(shape), bars["open"].copy()
    limit, stop = np.full(shape, np.nan), np.full(shape, np.nan)
    held, entry = np.zeros(shape[1]), np.full(shape[1], np.nan)
    for session in range(shape[0]):
        open_, high, low = (bars[name][session] for name in ("open", "high", "low"))
        if session % 2 == 0:
            order[session] = np.where(held == 0.0, 1.0, 0.0)
            quantity[session] = np.where(live[session], order[session], 0.0)
            entry = np.where(quantity[session] > 0, open_, entry)
        else:
            order[session] = -held
            limit[session] = np.where(held > 0, 1.01 * entry, np.nan)
            stop[session] = np.where(held > 0, 0.99 * entry, np.nan)
            won, lost = live[session] & (high >= limit[session]), live[session] & (low <= stop[session])
            opened_won = live[session] & (open_ >= limit[session])
            out_low = stop[session] if gap_at_stop else np.minimum(stop[session], open_)
            out_high = np.maximum(limit[session], open_)
            takes = won & (~lost | target_first | opened_won)
            price[session] = np.where(takes, out_high, np.where(lost, out_low, price[session]))
            quantity[session] = np.where(won | lost, order[session], 0.0)
        held = held + quantity[session]
    ticks = open_ticks(bars)
    return make_book(order, quantity, price, ticks, bars["close"], COST, limit=limit, stop=stop)


def _fair_exits(bars: Arrays) -> Book:
    return _exits(bars, False, False)


def _dead_forgotten(bars: Arrays) -> Book:
    """Names that end are taken out of the account with all they ever lost."""
    honest = trade(bars)
    alive = ~np.isnan(bars["close"][-1])
    paid = np.where(honest.quantity != 0.0, honest.quantity * np.nan_to_num(honest.price), 0.0)
    profit = mark(honest.quantity * alive, paid * alive, bars["close"])
    return Book(**{**vars(honest), "profit": profit})


def _entry(name: str, story: str, leaky: object, clean: object = trade) -> Entry:
    return Entry("execution", name, story, "trade", leaky, clean)  # type: ignore[arg-type]


ENTRIES = (
    _entry(
        "fill at the close of the signal", "The close that made the signal is also the price.", _same_bar, _next_close
    ),
    _entry("profit of the signal bar", "signal * returns without a shift.", _same_bar_profit),
    _entry(
        "limit filled unreached",
        "Every bid counts as filled, whether the market came to it or not.",
        lambda bars: _limits(bars, True),
        lambda bars: _limits(bars, False),
    ),
    _entry(
        "target before stop",
        "A bar that touches stop and target is booked as a win.",
        lambda bars: _exits(bars, True, False),
        _fair_exits,
    ),
    _entry(
        "stop filled in a gap",
        "The stop is filled at its level although the market opened below it.",
        lambda bars: _exits(bars, False, True),
        _fair_exits,
    ),
    _entry("stale quote", "A halted name trades at its last known price.", _stale),
    _entry("best price of the day", "Buys at the low, sells at the high.", _at_price("best")),
    _entry("middle of the day", "Orders for the open are filled at the middle of the range.", _at_price("middle")),
    _entry("no costs", "Fees and slippage are left for later.", _free),
    _entry(
        "size by full-sample volatility",
        "Positions are scaled by the volatility of the whole history.",
        _full_volatility,
        _past_volatility,
    ),
    _entry("regretted orders", "Entries that lose on their first day are dropped as unfilled.", _regretted),
    _entry("dead names leave the account", "Positions in delisted names vanish with their losses.", _dead_forgotten),
)
