"""Entries of a signal, windows that share no bar, and what every entry would earn."""

from dataclasses import replace

import numpy as np
import pytest

from market_assets.core.errors import BadInputError, NotEnoughDataError
from market_assets.core.execution.spec import CostSpec
from market_assets.core.search.bets import bets, entries, split
from market_assets.core.search.label_space import SearchLabel
from market_assets_tests.core.labels.panels import DAY, panel_of, random_panel
from market_assets_tests.core.search.markets import signalled

BARRIERS = SearchLabel("triple_barrier", 5, 0.04, 0.03)
COSTS = CostSpec(borrow_bp_per_year=365.0)
SIDE_BP = 10.0
"""Taker fee and the slippage of the smallest order."""


def test_the_highest_are_bought_and_the_lowest_sold():
    """The plain definition, session by session: whole part of the share, at least one of two, ties by the panel."""
    rng = np.random.default_rng(3)
    panel = replace(random_panel(rng, symbols=7), kinds=("equity",) * 6 + ("level",))
    signal = rng.integers(0, 4, panel.n_rows).astype(float)
    signal[rng.random(panel.n_rows) < 0.2] = np.nan
    found, codes = entries(panel, signal, 0.34), panel.symbol_codes()
    wanted = np.zeros(panel.n_rows, int)
    for session in np.unique(panel.ts):
        rows = [row for row in np.flatnonzero(panel.ts == session) if np.isfinite(signal[row]) and codes[row] < 6]
        rows.sort(key=lambda row: (signal[row], row))
        taken = max(1, int(0.34 * len(rows))) if len(rows) > 1 else 0
        for row in rows[:taken]:
            wanted[row] = -1
        for row in rows[len(rows) - taken :]:
            wanted[row] = 1
    np.testing.assert_array_equal(found, wanted)
    assert {-1, 0, 1} == set(found)
    with pytest.raises(BadInputError, match="signal_shape"):
        entries(panel, signal[:-1], 0.2)


def test_the_later_window_is_out_of_reach_of_the_earlier():
    """Panels end where the verdict begins; a horizon lies between the entries; each window is what it says."""
    panel, signal = signalled(0, sessions=100)
    early, late = split(panel, signal, 0.5, 0.6, 14)
    border = late.sessions[0]
    assert border == np.unique(panel.ts)[60]
    assert early.panel.ts.max() < border
    assert early.sessions.max() == border - 15 * DAY
    assert late.sessions.max() == panel.ts.max() - 14 * DAY
    assert np.isfinite(bets(early.panel, SearchLabel("simple", 14), "next_open", COSTS).long[early.side != 0]).all()
    assert np.array_equal(late.pool, (late.side != 0))  # every symbol is taken, one side or the other
    with pytest.raises(NotEnoughDataError, match="two windows"):
        split(panel, np.full(panel.n_rows, np.nan), 0.5, 0.6, 14)
    with pytest.raises(NotEnoughDataError, match="selection window"):
        split(panel, signal, 0.5, 0.1, 14)


@pytest.mark.parametrize("label", [BARRIERS, SearchLabel("simple", 5)], ids=lambda label: label.kind)
@pytest.mark.parametrize("entry", ["next_open", "close"])
def test_net_returns_equal_the_definition(label, entry):
    """Walked bar by bar: gaps fill at the open, a bar of both barriers is a stop, both sides of the trade pay."""
    panel = random_panel(np.random.default_rng(5), missing=0.002)
    found = bets(panel, label, entry, COSTS)
    checked = 0
    for index in range(len(panel.symbols)):
        rows = panel.rows(index)
        for row in range(rows.start, rows.stop):
            wanted = [plain_bet(panel, row, rows.stop - 1, way, label, entry) for way in (1, -1)]
            got = [(found.long[row], found.long_held[row]), (found.short[row], found.short_held[row])]
            if None in wanted:
                assert np.isnan(got).all()
            else:
                np.testing.assert_allclose(got, wanted, rtol=0, atol=1e-13)
                checked += 1
    assert checked > 100


def plain_bet(panel, row, final, way, label, entry):
    """Net return and bars held of one entry; None without an outcome."""
    last = None if row + label.horizon > final else row + label.horizon
    if row == final:
        return None
    price = panel.open[row + 1] if entry == "next_open" else panel.close[row]
    end, fill = last, None if last is None else panel.close[last]
    if label.kind == "triple_barrier":
        target, stop = price * (1 + way * label.profit), price * (1 - way * label.stop)
        for k in range(row + 1, min(row + label.horizon, final) + 1):
            bar = np.array([panel.open[k], panel.low[k], panel.high[k], panel.close[k]])
            if np.isnan(bar).any():
                return None
            if way * (bar[0] - stop) <= 0 or way * (bar[0] - target) >= 0:
                end, fill = k, bar[0]
                break
            if bar[1] <= stop <= bar[2]:
                end, fill = k, stop
                break
            if bar[1] <= target <= bar[2]:
                end, fill = k, target
                break
    if end is None or not np.isfinite(price + fill):
        return None
    gross = way * (fill / price - 1)
    net = gross - SIDE_BP * 1e-4 * (2 + way * gross)
    if way < 0:
        net -= 0.01 * (panel.ts[end] - panel.ts[row]) / DAY / 100
    return net, end - row


def test_a_wide_stop_wins_often_and_earns_nothing():
    """A driftless walk wins stop / (profit + stop) of its trades and its mean is the cost: the win rate is geometry."""
    rng = np.random.default_rng(0)
    close = 100.0 * np.cumprod(1.0 + rng.choice([-0.01, 0.01], 100_000))
    panel = panel_of({"S": np.column_stack([close] * 4)})
    label = SearchLabel("triple_barrier", 252, 0.015, 0.075)
    found = bets(panel, label, "close", CostSpec(borrow_bp_per_year=0.0))
    long = found.long[np.isfinite(found.long)]
    free = bets(panel, label, "close", CostSpec(taker_bp=0.0, slippage=((None, 0.0),), borrow_bp_per_year=0.0)).long
    assert label.driftless_win_rate == pytest.approx(5 / 6)
    assert np.mean(long > 0) == pytest.approx(8 / 10, abs=0.01)  # two steps up or eight down pass the barriers
    assert np.nanmean(free) == pytest.approx(0.0, abs=1.5e-3)
    assert np.nanmean(free) - long.mean() == pytest.approx(0.002, abs=1e-5)
