"""Labels of events against published paths, a plain walk, and the labels of a whole panel."""

from __future__ import annotations

import numpy as np
import pytest

from market_assets.core.errors import BadInputError
from market_assets.core.labels.barriers import AT_OPEN, AT_TIE
from market_assets.core.labels.costs import net_return
from market_assets.core.labels.events import Events, label_events
from market_assets.core.labels.spec import LabelSpec, TouchRule
from market_assets.core.labels.triple_barrier import triple_barrier
from market_assets.core.labels.volatility import ewm_volatility, lagged_returns
from market_assets_tests.core.labels.panels import random_panel
from market_assets_tests.golden.cases import case, cases

SIDES = {"pt": 1, "sl": -1, "vertical": 0, "ambiguous": 0}


def on_closes(close, events, target=None, pt=None, sl=None, **rule):
    """Outcomes of multiples of a target on closes."""
    close = np.array(close, dtype=float)
    rows = np.array([[e["t0"], e["vertical"], e["side"]] for e in events])
    distance = np.array([[e.get("pt", pt), e.get("sl", sl)] for e in events], dtype=float)
    targets = np.array([e.get("target", target) for e in events])
    given = Events.of(rows[:, 0], rows[:, 1], *(distance * targets[:, None]).T, rows[:, 2])
    return label_events(close, close, close, close, given, TouchRule(path="close", **rule))


@pytest.mark.parametrize("item", cases("triple_barrier_close_only", only="events"))
@pytest.mark.parametrize(("touch", "key"), [("strict", "strict_gt"), ("inclusive", "inclusive_ge")])
def test_published_closes(item, touch, key):
    """Touch bar, barrier, return, both labels of the vertical and the meta-label of snippet 3.2."""
    events, tolerance = item["inputs"]["events"], item["tolerance"]
    wanted = [result[key] for result in item["expected"]["results"]]
    found = on_closes(item["inputs"]["close"], events, touch=touch)
    zero = on_closes(item["inputs"]["close"], events, touch=touch, vertical="zero")
    assert found.defined.all()
    assert found.t1.tolist() == [one["touch"] for one in wanted]
    assert found.barrier.tolist() == [SIDES[one["barrier"]] for one in wanted]
    np.testing.assert_allclose(found.ret, [one["ret"] for one in wanted], rtol=0, atol=tolerance)
    assert found.label.tolist() == [one["label_sign_of_return"] for one in wanted]
    assert zero.label.tolist() == [one["label_zero_at_vertical"] for one in wanted]
    assert found.meta.tolist() == [one["meta_label"] for one in wanted]


@pytest.mark.parametrize("item", cases("triple_barrier_close_only", only="event"))
def test_published_exact_touch(item):
    """A close exactly at the barrier is a touch under the inclusive rule only."""
    for touch, key in (("strict", "strict_gt"), ("inclusive", "inclusive_ge")):
        found, wanted = (
            on_closes(item["inputs"]["close"], [item["inputs"]["event"]], touch=touch),
            item["expected"][key],
        )
        assert (found.t1[0], found.barrier[0]) == (wanted["touch"], SIDES[wanted["barrier"]])
        assert found.ret[0] == pytest.approx(wanted["ret"], abs=item["tolerance"])


@pytest.mark.parametrize("tie", ["stop", "target", "bar_direction", "drop"])
def test_published_bars_with_ties_and_gaps(tie):
    """Touch, fill, how it was filled, barrier, return and label under every tie rule."""
    item = case("triple_barrier_ohlc", "ties_and_gaps10")
    bars = [np.array(item["inputs"][name], dtype=float) for name in ("open", "high", "low", "close")]
    keys = ("t0", "vertical", "pt_pct", "sl_pct", "side")
    events = Events.of(*(np.array([event[key] for event in item["inputs"]["events"]]) for key in keys))
    found = label_events(*bars, events, TouchRule(tie=tie, vertical="zero"))
    for k, result in enumerate(item["expected"]["results"]):
        wanted = result["by_tie_rule"][tie]
        assert (found.t1[k], found.barrier[k]) == (wanted["touch"], SIDES[wanted["barrier"]])
        assert (found.how[k] == AT_OPEN, found.how[k] == AT_TIE) == ("gap" in wanted["kind"], "tie" in wanted["kind"])
        assert found.defined[k] == (wanted["label"] is not None)
        assert found.label[k] == (wanted["label"] or 0)
        for value, name in ((found.fill[k], "fill_price"), (found.ret[k], "ret")):
            assert value == pytest.approx(float(wanted[name]), abs=item["tolerance"], nan_ok=True)


def test_published_meta_labels():
    """A primary side turns the barriers; the meta-label is 1 where its trade earned something."""
    item = case("meta_labels", "five")
    inputs, wanted = item["inputs"], item["expected"]["rows"]
    events = [
        {"t0": t0, "vertical": vertical, "side": side}
        for (t0, vertical), side in zip(inputs["events"], inputs["sides"], strict=True)
    ]
    found = on_closes(inputs["close"], events, inputs["target"], inputs["pt"], inputs["sl"])
    assert found.t0.tolist() == [one["t0"] for one in wanted]
    assert found.t1.tolist() == [one["touch"] for one in wanted]
    assert found.barrier.tolist() == [SIDES[one["barrier"]] for one in wanted]
    np.testing.assert_allclose(found.ret, [one["ret"] for one in wanted], rtol=0, atol=item["tolerance"])
    assert found.meta.tolist() == [one["meta_label"] for one in wanted]


def test_an_uneven_stop_is_kept_without_a_primary_side():
    """Snippet 3.6 uses the profit multiple for both barriers; here a stop of 1 % is not one of 5 %."""
    close = np.array([100.0, 98.0, 106.0])
    events = Events.of(0, 2, 0.05, 0.01)
    assert label_events(*(close,) * 4, events).barrier.tolist() == [-1]
    assert label_events(*(close,) * 4, Events.of(0, 2, 0.05, 0.05)).barrier.tolist() == [1]


def plain_event(bars, t0, vertical, profit, stop, side, touch, tie):
    """One event by the definition, with returns of each price on the position's side turned into levels by hand."""
    opened, high, low, close = bars
    entry = close[t0]
    up, down = (profit, stop) if side > 0 else (stop, profit)
    over = (lambda price: price > entry * (1 + up)) if touch == "strict" else (lambda price: price >= entry * (1 + up))
    under = (lambda price: price < entry * (1 - down)) if touch == "strict" else (
        lambda price: price <= entry * (1 - down)
    )  # fmt: skip
    for k in range(t0 + 1, vertical + 1):
        if over(opened[k]) or under(opened[k]):
            return k, opened[k]
        hit = {1: over(high[k]), -1: under(low[k])}
        order = {"stop": (-side, side), "target": (side, -side)}.get(tie, (1, -1) if close[k] < opened[k] else (-1, 1))
        if all(hit.values()) and tie == "drop":
            return k, np.nan
        for which in order:
            if hit[which]:
                return k, entry * (1 + up) if which > 0 else entry * (1 - down)
    return vertical, close[vertical]


@pytest.mark.parametrize("tie", ["stop", "target", "bar_direction", "drop"])
@pytest.mark.parametrize("touch", ["strict", "inclusive"])
@pytest.mark.parametrize("path", ["ohlc", "close"])
def test_kernel_equals_the_definition(tie, touch, path):
    """Random events of both sides with uneven barriers, on bars with gaps and ties."""
    panel = random_panel(np.random.default_rng(1), symbols=1, days=300)
    bars = (panel.open, panel.high, panel.low, panel.close)
    rng = np.random.default_rng(2)
    t0 = rng.integers(0, panel.n_rows - 20, 400)
    profit, stop = rng.integers(1, 8, 400) / 100, rng.integers(1, 8, 400) / 100
    events = Events.of(t0, t0 + rng.integers(1, 20, 400), profit, stop, rng.choice([-1, 1], 400))
    found = label_events(*bars, events, TouchRule(path=path, touch=touch, tie=tie))
    walked = bars if path == "ohlc" else (panel.close,) * 4
    for k in range(400):
        args = (int(t0[k]), int(events.vertical[k]), profit[k], stop[k], int(events.side[k]))
        t1, fill = plain_event(walked, *args, touch, tie)
        assert found.t1[k] == t1
        assert found.fill[k] == pytest.approx(fill, nan_ok=True, rel=1e-15)
        assert found.defined[k] == np.isfinite(fill)


def test_events_at_every_row_are_the_labels_of_the_panel():
    """With the volatility as distance, events give the same ends and returns as the labels of all rows."""
    panel = random_panel(np.random.default_rng(5), symbols=1, days=120)
    spec = LabelSpec(volatility="ewm", ewm_span=5, entry="close", profit=1.5, holding=7, rule=TouchRule(tie="target"))
    labels = triple_barrier(panel, spec)
    whole = np.flatnonzero(labels.defined & (np.arange(panel.n_rows) + 7 < panel.n_rows))
    assert whole.size > 60
    unit = ewm_volatility(panel.offsets, lagged_returns(panel.offsets, panel.ts, panel.close, "bar"), 5)[whole]
    found = label_events(
        panel.open, panel.high, panel.low, panel.close,
        Events.of(whole, whole + 7, 1.5 * unit, 2.0 * unit), TouchRule(tie="target"),
    )  # fmt: skip
    np.testing.assert_array_equal(found.t1, labels.end_row[whole])
    np.testing.assert_array_equal(found.barrier, labels.barrier[whole])
    np.testing.assert_allclose(found.ret, labels.ret[whole], rtol=0, atol=1e-13)


def test_costs_are_paid_at_entry_and_exit():
    """10 bp a side on a gain of 10 %: 10 bp of 1 and 10 bp of 1.1."""
    close = np.array([100.0, 110.0])
    found = label_events(*(close,) * 4, Events.of(0, 1, 0.0, 0.0), cost_bp=10.0)
    assert found.ret[0] == pytest.approx(0.1 - 0.001 - 0.0011, abs=1e-15)
    assert found.ret[0] == net_return(np.array([110.0 / 100.0 - 1.0]), np.array([10.0]), np.array([1], np.int8))[0]


@pytest.mark.parametrize(
    "changes", [{"t0": -1}, {"t0": 3}, {"vertical": 9}, {"profit": -0.1}, {"stop": np.nan}, {"side": 0}]
)
def test_events_that_cannot_be_are_refused(changes):
    """The error names the event."""
    good = {"t0": 1, "vertical": 3, "profit": 0.1, "stop": 0.1, "side": 1}
    path = np.full(5, 100.0)
    label_events(*(path,) * 4, Events.of(**good))
    bad = {name: [good[name], changes.get(name, good[name])] for name in good}
    with pytest.raises(BadInputError, match=r"row 1.*label_event"):
        label_events(*(path,) * 4, Events.of(**bad))


def test_a_missing_price_leaves_the_event_undefined():
    """No label, no return, and t1 says where the path broke."""
    path = np.array([100.0, 101.0, np.nan, 120.0])
    found = label_events(*(path,) * 4, Events.of(0, 3, 0.1, 0.1))
    assert (found.defined[0], found.t1[0], found.label[0], found.meta[0]) == (False, 2, 0, 0)
    assert np.isnan(found.ret[0])
