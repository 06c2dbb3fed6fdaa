"""Markets whose truth is known."""

import numpy as np
import pytest

from benchmarks.pipeline import days, resample
from benchmarks.pipeline.days import LARGEST, PARTS, Days, days_of, index_days
from benchmarks.pipeline.layout import panel_of, stamps_of
from benchmarks.pipeline.markets import default_kinds, market, nulls, seed_of
from benchmarks.pipeline.resample import BLOCK, block_rows, mirrored
from market_assets.core.market.grid import to_grid
from market_assets.core.market.panel import VALUE_COLUMNS
from market_assets_tests.real_data import real_file

KINDS = ("iid", "garch", "index_blocks", "edge_0.2")


def logs(panel):
    """Log returns (S - 1, N), as traded."""
    return np.diff(np.log(to_grid(panel).close), axis=0)


def assert_sound(panel):
    """Bars are positive, finite, and the high and low enclose open and close."""
    for name in VALUE_COLUMNS:
        assert np.isfinite(getattr(panel, name)).all()
    assert (panel.low > 0).all()
    assert (panel.volume > 0).all()
    assert (panel.high >= np.maximum(panel.open, panel.close)).all()
    assert (panel.low <= np.minimum(panel.open, panel.close)).all()


@pytest.mark.parametrize("kind", KINDS)
def test_a_market_goes_on_as_the_same_market(kind):
    """The longer market begins with the bars of the shorter one, and its bars are sound."""
    make = market(kind).make
    short, long = make(3, 0.5, 7), make(3, 1.0, 7)
    assert_sound(long)
    last = short.ts.max()
    for name in ("ts", *VALUE_COLUMNS):
        assert np.array_equal(getattr(short, name), getattr(long, name)[long.ts <= last])
    assert short.symbols == long.symbols
    assert not np.array_equal(make(3, 0.5, 8).close, short.close)


def test_real_equities_keep_their_days_together(monkeypatch):
    """Bars are sound, the market of a day survives and the direction of a symbol against it does not."""
    monkeypatch.setenv(days.DATA_VARIABLE, real_file(days.EQUITIES).removesuffix(days.EQUITIES))
    assert "equity_blocks" in nulls()
    panel = market("equity_blocks").make(16, 8.0, 3)
    assert_sound(panel)
    moves = logs(panel)
    middle = moves.mean(axis=1)
    assert np.corrcoef(moves[:, 0], middle)[0, 1] > 0.3
    side = np.sign(moves - middle[:, None])
    assert abs((side[1:] * side[:-1]).mean()) < 5.0 / np.sqrt(side.size)


def test_an_index_market_forgets_directions_and_keeps_clusters():
    """Returns have no memory, their sizes have one, and symbols do not move together."""
    moves = logs(market("index_blocks").make(4, 12.0, 5))

    def memory(x):
        return np.mean([np.corrcoef(x[1:, i], x[:-1, i])[0, 1] for i in range(x.shape[1])])

    assert abs(memory(np.sign(moves))) < 4.0 / np.sqrt(4 * len(moves))  # signs are fair coins, whatever the sizes
    assert memory(np.abs(moves)) > 0.1
    assert np.abs(np.corrcoef(moves.T) - np.eye(4)).max() < 0.1


def test_iid_days_have_no_memory_of_their_size():
    """Unlike the market with volatility clusters, whose sizes remember."""

    def memory(kind):
        x = np.abs(logs(market(kind).make(6, 12.0, 5)))
        return np.mean([np.corrcoef(x[1:, i], x[:-1, i])[0, 1] for i in range(6)])

    assert abs(memory("iid")) < 0.04
    assert memory("garch") > 0.06


def test_a_mirrored_day_is_upside_down_around_the_market():
    """Open and close change sides, wicks change places, and the mean of a day and its mirror is the market."""
    one = Days(
        **{name: np.array([[value]]) for name, value in zip(PARTS, (0.01, 0.03, 0.005, 0.002, 2.0), strict=True)}
    )
    middle = Days(**{name: np.array([[0.01]]) for name in PARTS})
    plain, turned = (mirrored(one, middle, np.array([[coin]])) for coin in (False, True))
    assert plain["close"][0, 0] == pytest.approx(103.0)
    assert turned["close"][0, 0] == pytest.approx(99.0)
    assert (plain["close"] + turned["close"])[0, 0] / 2 == pytest.approx(101.0)
    assert plain["high"][0, 0] - 103.0 == pytest.approx(0.5)
    assert turned["high"][0, 0] - 101.0 == pytest.approx(0.2)
    assert turned["low"][0, 0] == pytest.approx(99.0 - 0.5)
    assert plain["volume"] == turned["volume"] == 2e6


def test_days_are_relative_to_the_close_before():
    """A bar that repeats the real one comes back when its shape is put on the close before."""
    panel = market("garch").make(2, 1.0, 0)
    found = days_of(panel)
    grid = to_grid(panel)
    kept = len(found.close)
    again = 1.0 + found.close[-1]
    quiet = panel.split.all() and not panel.dividend[panel.ts == panel.ts.max()].any()
    assert quiet
    assert grid.close[-1] / grid.close[-2] == pytest.approx(again)
    assert kept == len(grid.close) - days.VOLUME_WINDOW - 1
    assert np.abs(index_days().close).max() <= LARGEST


def test_blocks_run_on_and_end_by_lot():
    """Within a block each row follows the one before; blocks have the mean length asked for."""
    rows = block_rows(3, 20_000, 2, 500)
    follows = (rows[1:] - rows[:-1]) % 500 == 1
    assert follows.mean() == pytest.approx(1.0 - 1.0 / BLOCK, abs=0.01)
    assert set(np.unique(rows)) == set(range(500))


def test_a_coin_that_always_falls_one_way_leaves_the_signal(monkeypatch):
    """The bug the coin is there against: without it, the market's direction is that of the real days."""
    monkeypatch.setattr(resample, "_uniform", lambda _seed, _purpose, shape: np.full(shape, 0.999))
    panel = resample.index_market(2, 1.0, 0)
    real = index_days()
    start = int(np.floor(0.999 * len(real.close)))
    moves = np.expm1(logs(panel))[:20, 0]
    assert moves == pytest.approx(real.close[(start + 1 + np.arange(20)) % len(real.close), 0])


def test_names_of_markets():
    """Every default kind exists; other names are refused with the names that exist."""
    assert {market(name).name for name in default_kinds()} == set(default_kinds())
    assert not market("edge_0.3").null
    with pytest.raises(ValueError, match="there are iid, garch"):
        market("bull")


def test_real_equities_are_named_where_they_are_missing(monkeypatch, tmp_path):
    """The kind is left out of the defaults and refused by name."""
    monkeypatch.setenv(days.DATA_VARIABLE, str(tmp_path))
    assert "equity_blocks" not in default_kinds()
    with pytest.raises(ValueError, match=days.EQUITIES):
        market("equity_blocks")


def test_seeds_differ_between_runs_and_kinds():
    """And are the same for the same run."""
    seeds = {seed_of(kind, index) for kind in ("iid", "garch") for index in range(100)}
    assert len(seeds) == 200
    assert seed_of("iid", 3) == seed_of("iid", 3)


def test_layout_puts_each_column_under_its_symbol():
    """Row t of column i is the bar of symbol i in session t."""
    stamps = stamps_of(0.1)
    grid = np.arange(len(stamps) * 2.0).reshape(-1, 2) + 1.0
    panel = panel_of(stamps, dict.fromkeys(("open", "high", "low", "close", "volume"), grid), "T")
    assert panel.symbols == ("T0001", "T0002")
    assert np.array_equal(to_grid(panel).close, grid)
