"""Triple-barrier labels of whole panels."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from market_assets.core import symbol_threads
from market_assets.core.errors import BadInputError
from market_assets.core.labels.barriers import REACH, TILE
from market_assets.core.labels.spec import LabelSpec, TouchRule
from market_assets.core.labels.triple_barrier import COLUMNS, Labels, horizons, triple_barrier
from market_assets_tests.core.labels.panels import panel_of, random_panel
from market_assets_tests.core.labels.test_atr import atr

FIELDS = ("defined", "label", "ret", "end_ts", "barrier", "end_row")


def plain_labels(panel, spec, tie=None, begin=1, side=None, cost_bp=None):
    """The definition, bar by bar; ``tie`` and ``begin`` plant bugs."""
    unit = plain_unit(panel, spec)
    rows = []
    for index, kind in enumerate(panel.kinds):
        final = panel.rows(index).stop - 1
        for t in range(panel.rows(index).start, final + 1):
            open_end = panel.ts[min(t + spec.holding, final)]
            undefined = (False, 0, np.nan, open_end, 0, -1)
            here = 1 if side is None else side[t]
            if kind == "level" or t == final or not unit[t] > 0 or not here:
                rows.append(undefined)
                continue
            path = range(t + begin, min(t + spec.holding, final) + 1)
            entry = panel.open[t + 1] if spec.entry == "next_open" else panel.close[t]
            width = unit[t] if spec.volatility == "atr" else entry * unit[t]
            up, down = (spec.profit, spec.stop) if here > 0 else (spec.stop, spec.profit)
            outcome = walk(panel, path, entry, entry + up * width, entry - down * width, here, spec.rule, tie)
            if outcome is None and t + spec.holding <= final and np.isfinite(panel.close[t + spec.holding]):
                outcome = t + spec.holding, panel.close[t + spec.holding], 0
            if not entry > 0 or not outcome or not np.isfinite(outcome[1]):
                rows.append(undefined)
                continue
            end, fill, barrier = outcome
            ret = plain_net(fill / entry - 1, side is not None, here, spec.cost_bp if cost_bp is None else cost_bp[t])
            label = 0 if abs(ret) < spec.min_return or (barrier == 0 and spec.rule.vertical == "zero") else np.sign(ret)
            rows.append((True, label, ret, panel.ts[end], here * barrier, end))
    return [np.array(column) for column in zip(*rows, strict=True)]


def plain_unit(panel, spec):
    """ATR in price, the EWM deviation of returns as pandas has it, or 1: the entry price itself."""
    if spec.volatility == "atr":
        return atr(panel, spec.atr_window)
    if spec.volatility == "fixed":
        return np.ones(panel.n_rows)
    parts = [pd.Series(panel.close[panel.rows(index)]).pct_change() for index in range(len(panel.symbols))]
    span = spec.ewm_span
    return np.concatenate([part.ewm(span=span, min_periods=span).std().where(part.notna()) for part in parts])


def plain_net(move, sided, side, cost_bp):
    """What a position on ``side`` earns; without one, what the better of both sides earns, signed by that side."""
    cost = cost_bp / 1e4
    net = {way: way * move - cost - cost * (1 + move) for way in (1, -1)}
    if sided:
        return net[side]
    way = 1 if move > 0 else -1
    return way * max(net[way], 0.0) if cost else move


def walk(panel, path, entry, upper, lower, side, rule, planted=None):
    """First touch along a path: (row, fill, barrier), None for no touch, a NaN fill for a missing price."""
    tie = planted or rule.tie
    for k in path:
        bar = [panel.open[k], panel.high[k], panel.low[k], panel.close[k]]
        bar = bar if rule.path == "ohlc" else [panel.close[k]] * 4
        if np.isnan([entry, *bar]).any():
            return k, np.nan, 0
        if rule.touch == "strict":
            hits = {1: bar[1] > upper, -1: bar[2] < lower}
            gap = 1 if bar[0] > upper else -1 if bar[0] < lower else 0
        else:
            hits = {1: bar[1] >= upper, -1: bar[2] <= lower}
            gap = 1 if bar[0] >= upper else -1 if bar[0] <= lower else 0
        if gap:
            return k, bar[0], gap
        if tie == "drop" and all(hits.values()):
            return k, np.nan, 0
        falling = (1, -1) if bar[3] < bar[0] else (-1, 1)
        for barrier in {"stop": (-side, side), "target": (side, -side)}.get(tie, falling):
            if hits[barrier]:
                return k, upper if barrier == 1 else lower, barrier
    return None


def specs():
    """Labels of both entries, uneven barriers, short and long holding."""
    return [
        LabelSpec(atr_window=4, profit=profit, stop=stop, holding=holding, entry=entry, min_return=minimum)
        for entry in ("next_open", "close")
        for profit, stop, holding, minimum in [(1.0, 1.0, 5, 0.001), (0.5, 1.5, 1, 0.0), (2.0, 0.75, 12, 0.02)]
    ]


@pytest.mark.parametrize("spec", specs(), ids=str)
def test_kernel_equals_the_definition(spec):
    """Every array equals the plain walk on panels with holes, ties, gaps and missing prices."""
    for seed in range(6):
        panel = random_panel(np.random.default_rng(seed), missing=0.004)
        labels = triple_barrier(panel, spec)
        for name, expected in zip(FIELDS, plain_labels(panel, spec), strict=True):
            np.testing.assert_array_equal(getattr(labels, name), expected, err_msg=name)


OPTIONS = [
    {"volatility": "ewm", "ewm_span": 6},
    {"volatility": "fixed", "profit": 0.03, "stop": 0.02},
    {"rule": TouchRule(path="close")},
    {"rule": TouchRule(touch="strict", tie="target")},
    {"rule": TouchRule(tie="bar_direction", vertical="zero")},
    {"rule": TouchRule(tie="drop"), "cost_bp": 30.0},
]


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("sided", [False, True])
def test_options_equal_the_definition(options, sided):
    """Volatility unit, path, touch, tie, vertical and costs, as direction labels and on given sides."""
    for seed in range(3):
        rng = np.random.default_rng(seed)
        panel = random_panel(rng, missing=0.004)
        side = rng.integers(-1, 2, panel.n_rows).astype(np.int8) if sided else None
        costs = rng.integers(0, 80, panel.n_rows).astype(float) if seed else None
        spec = replace(specs()[seed], **options)
        labels = triple_barrier(panel, spec, side, costs)
        wanted = plain_labels(panel, spec, side=side, cost_bp=costs)
        assert labels.defined.any()
        for name, expected in zip(FIELDS, wanted, strict=True):
            found = getattr(labels, name)
            if name == "ret":
                np.testing.assert_allclose(found, expected, rtol=0, atol=1e-13)
            else:
                np.testing.assert_array_equal(found, expected, err_msg=name)


@pytest.mark.parametrize("options", [{}, *OPTIONS], ids=str)
def test_many_rows_and_long_holdings_equal_the_definition(options):
    """Symbols of more rows than are scanned at once, held longer than the bars that are looked at together."""
    assert TILE < 600
    assert REACH < 23
    panel = random_panel(np.random.default_rng(4), symbols=2, days=TILE + 200, missing=0.001)
    side = np.random.default_rng(5).integers(-1, 2, panel.n_rows).astype(np.int8)
    spec = replace(specs()[0], **{"profit": 5.0, "stop": 4.0, "holding": 23, **options})
    labels, wanted = triple_barrier(panel, spec, side), plain_labels(panel, spec, side=side)
    for name, expected in zip(FIELDS, wanted, strict=True):
        found = getattr(labels, name)
        np.testing.assert_allclose(
            found.astype(np.float64), np.asarray(expected).astype(np.float64), rtol=0, atol=1e-13, err_msg=name
        )
    held = labels.end_row[labels.defined] - np.flatnonzero(labels.defined)
    assert held.max() > REACH or "profit" in options


def test_a_longer_holding_keeps_what_a_shorter_one_had_decided():
    """A barrier touched within 3 bars is the same label at 6 and 12; only undecided ones differ."""
    panel = random_panel(np.random.default_rng(8), days=120)
    found = horizons(panel, specs()[0], (3, 6, 12))
    assert list(found) == [3, 6, 12]
    assert found[6].content_hash() == triple_barrier(panel, replace(specs()[0], holding=6)).content_hash()
    for short, long in ((3, 6), (6, 12)):
        decided = found[short].defined & (found[short].barrier != 0)
        assert 0 < decided.sum() < (found[short].defined).sum()
        for name in FIELDS:
            np.testing.assert_array_equal(getattr(found[short], name)[decided], getattr(found[long], name)[decided])


def test_sides_and_costs_that_cannot_be_are_refused():
    """A side of 2, a list of another length, a missing or negative cost."""
    panel = random_panel(np.random.default_rng(1))
    for side in (np.full(panel.n_rows, 2, np.int8), np.ones(3, np.int8)):
        with pytest.raises(BadInputError, match="label_side"):
            triple_barrier(panel, specs()[0], side)
    for cost in (np.full(panel.n_rows, -1.0), np.full(panel.n_rows, np.nan), np.zeros(3)):
        with pytest.raises(BadInputError, match="label_cost"):
            triple_barrier(panel, specs()[0], cost_bp=cost)


@pytest.mark.parametrize("planted", [{"tie": "target"}, {"begin": 2}])
def test_the_comparison_sees_planted_bugs(planted):
    """Target-first ties and a skipped entry bar both change labels on this data."""
    panel, spec = random_panel(np.random.default_rng(0)), specs()[0]
    assert np.any(triple_barrier(panel, spec).label != plain_labels(panel, spec, **planted)[1])


@pytest.mark.parametrize("spec", specs()[::2], ids=str)
def test_a_defined_label_never_changes_when_bars_arrive(spec):
    """Labels decided on a prefix of the data are the same on the whole."""
    panel = random_panel(np.random.default_rng(11), days=90)
    whole = triple_barrier(panel, spec)
    for cut in (40, 55, 70):
        kept = panel.ts <= np.sort(np.unique(panel.ts))[cut]
        part = triple_barrier(panel.take(kept), spec)
        known = part.defined
        assert known.any()
        for name in ("defined", "label", "ret", "end_ts", "barrier"):
            np.testing.assert_array_equal(getattr(part, name)[known], getattr(whole, name)[kept][known])


def with_known_atr(bars, entry_close=100.0):
    """Bars after four quiet ones of range 2 around 100, so that ATR(3) at row 3 is exactly 2."""
    quiet = [[100, 101, 99, 100]] * 3 + [[100, 101, 99, entry_close]]
    return panel_of({"A": np.array([*quiet, *bars], dtype=float)})


def at_row_three(panel, **changes):
    """(defined, label, ret, barrier, end_row) of the event at row 3."""
    labels = triple_barrier(panel, LabelSpec(atr_window=3, **{"entry": "close", "holding": 4, **changes}))
    return tuple(getattr(labels, name)[3].item() for name in ("defined", "label", "ret", "barrier", "end_row"))


def test_tie_is_stopped_first_through_the_public_function():
    """Published tie: entry 100, +2 / -1, bar O 101 H 102.6 L 98.9 is a loss filled at 99."""
    bars = [[100.5, 101.2, 100.1, 101], [101, 102.6, 98.9, 100.8], [100.8, 102.2, 100.2, 101.8]]
    result = at_row_three(with_known_atr(bars), profit=1.0, stop=0.5, holding=3)
    assert result == (True, -1, pytest.approx(-0.01, abs=1e-12), -1, 5)


def test_gap_through_the_stop_is_filled_at_the_open():
    """A stop at 98 with an open of 95 costs 5 %, not 2 %."""
    result = at_row_three(with_known_atr([[95, 96, 94, 95]]), profit=1.0, stop=1.0, holding=1)
    assert result == (True, -1, pytest.approx(-0.05, abs=1e-12), -1, 4)


def test_next_open_measures_from_the_open_and_counts_its_bar():
    """Entered at 102, the first bar's own high reaches 104: profit of 2 / 102 on the entry bar."""
    bars = [[102, 104, 101.5, 103], [103, 103, 103, 103]]
    result = at_row_three(with_known_atr(bars), profit=1.0, stop=1.0, entry="next_open", holding=2)
    assert result == (True, 1, pytest.approx(104 / 102 - 1, abs=1e-15), 1, 4)


@pytest.mark.parametrize(("close", "label"), [(100.05, 0), (100.2, 1), (99.8, -1), (100.0, 0)])
def test_vertical_is_the_sign_of_the_return_outside_the_dead_band(close, label):
    """At the last bar the label is the sign of the realised return, 0 when it is under the minimum."""
    quiet = [[100, 100.5, 99.5, 100]] * 2 + [[100, 100.5, 99.5, close]]
    result = at_row_three(with_known_atr(quiet), holding=3)
    assert result == (True, label, pytest.approx(close / 100 - 1, abs=1e-15), 0, 6)


def test_zero_return_is_zero_even_without_a_dead_band():
    """A realised return of exactly 0 has no sign."""
    assert at_row_three(with_known_atr([[100, 100, 100, 100]] * 4), min_return=0.0)[1] == 0


def test_vertical_cut_off_by_the_end_of_data_is_undefined():
    """Three of four bars held and nothing touched: no label, and the last bar is what it could have touched."""
    panel = with_known_atr([[100, 100.5, 99.5, 100]] * 3)
    labels = triple_barrier(panel, LabelSpec(atr_window=3, holding=4, entry="close"))
    assert (labels.defined[3], labels.label[3], labels.end_row[3]) == (False, 0, -1)
    assert np.isnan(labels.ret[3])
    assert labels.end_ts[3] == panel.ts[-1]


def test_a_touch_before_the_end_of_data_is_defined():
    """The same cut, but the stop was reached before: the outcome is known."""
    assert at_row_three(with_known_atr([[100, 100.5, 90, 100]]), holding=4)[0] is True


def test_short_history_flat_prices_and_levels_have_no_label():
    """Without an ATR, with an ATR of zero, and on symbols that are not traded nothing is labelled."""
    moving, flat = [[100, 101, 99, 100]] * 12, [[100, 100, 100, 100]] * 12
    panel = panel_of({"A": np.array(moving), "B": np.array(flat), "C": np.array(moving)}, kinds={"C": "level"})
    labels = triple_barrier(panel, LabelSpec(atr_window=3, holding=2))
    assert np.flatnonzero(labels.defined).tolist() == list(range(3, 10))


@pytest.mark.parametrize("options", [{}, *OPTIONS], ids=str)
def test_threads_give_the_same_labels(options, monkeypatch):
    """Symbols of a large panel are worked through side by side, with sides and costs of their own."""
    rng = np.random.default_rng(9)
    panel, spec = random_panel(rng, missing=0.004), replace(specs()[1], **options)
    side, costs = rng.integers(-1, 2, panel.n_rows).astype(np.int8), rng.integers(0, 80, panel.n_rows).astype(float)
    alone = [
        triple_barrier(panel, spec, *given).content_hash() for given in ((), (side,), (None, costs), (side, costs))
    ]
    monkeypatch.setattr(symbol_threads, "THREADED_ROWS", 0)
    found = [
        triple_barrier(panel, spec, *given).content_hash() for given in ((), (side,), (None, costs), (side, costs))
    ]
    assert found == alone


def test_labels_never_cross_into_the_next_symbol():
    """The last bar of a symbol has no path, whatever symbol follows."""
    bars = np.array([[100, 101, 99, 100]] * 8)
    labels = triple_barrier(panel_of({"A": bars, "B": bars * 5}), LabelSpec(atr_window=3, holding=1, profit=0.1))
    assert not labels.defined[7]


def test_content_hash_sees_every_field():
    """Equal labels hash alike, any other value or parameter does not."""
    panel = random_panel(np.random.default_rng(2))
    labels = triple_barrier(panel, specs()[0])
    assert labels.content_hash() == triple_barrier(panel, specs()[0]).content_hash()
    assert labels.content_hash() != triple_barrier(panel, specs()[1]).content_hash()
    for name in COLUMNS:
        values = getattr(labels, name).copy()
        values[50] = not values[50] if name == "defined" else values[50] + 1
        assert replace(labels, **{name: values}).content_hash() != labels.content_hash()


def test_stored_columns_come_back_as_the_same_labels():
    """Symbol by symbol and joined again, in wider types, the content is the same; row numbers are not kept."""
    panel = random_panel(np.random.default_rng(3))
    labels = triple_barrier(panel, specs()[0])
    parts = [labels.rows(panel.rows(index)) for index in range(len(panel.symbols))]
    joined = {name: np.concatenate([part[name] for part in parts]) for name in COLUMNS}
    joined["label"], joined["barrier"] = joined["label"].astype(np.int16), joined["barrier"].astype(np.int64)
    back = Labels.from_columns(joined)
    assert back.content_hash() == labels.content_hash()
    assert back.end_row is None
    with pytest.raises(ValueError, match="one length"):
        Labels.from_columns({**joined, "ret": joined["ret"][1:]})
