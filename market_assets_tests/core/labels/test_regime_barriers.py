"""Triple barriers by regime: a row has the barriers of the regime known at its decision bar, whatever comes after."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from pydantic import TypeAdapter, ValidationError

from market_assets.core.labels.meta import PrimaryPredictions, meta_labels
from market_assets.core.labels.regimes import NAMES, REGIMES, Regimes
from market_assets.core.labels.spec import BarrierChange, LabelSpec, RegimeRule
from market_assets.core.labels.target import Target
from market_assets.core.labels.triple_barrier import FIELDS, triple_barrier
from market_assets.core.market.adjust import adjust
from market_assets_tests.core.features.panels import market as make_market
from market_assets_tests.core.labels.perturbed import moved

PANEL = adjust(make_market(sessions=260, equities=6))
BASE = LabelSpec(atr_window=4, profit=1.0, stop=0.75, holding=6, entry="close")
every_kind = pytest.mark.parametrize("kind", REGIMES)


def by_regime(kind, base=BASE):
    """Two regimes with barriers of their own; the others keep those of the base."""
    names = NAMES[kind]
    changes = {names[0]: BarrierChange(profit=2.0, holding=9), names[-1]: BarrierChange(stop=1.5, min_return=0.01)}
    return replace(base, regimes=RegimeRule(kind=kind, changes=changes))


def target(spec):
    return lambda panel: Target.of_labels(panel, triple_barrier(panel, spec))


@every_kind
def test_every_row_has_the_label_of_its_regime(kind):
    """Row by row the label of that regime's own spec; rows of other regimes, or of none yet, that of the base."""
    spec = by_regime(kind)
    found, code = triple_barrier(PANEL, spec), REGIMES[kind](PANEL).code
    alone = {
        0: triple_barrier(PANEL, replace(BASE, profit=2.0, holding=9)),
        len(NAMES[kind]) - 1: triple_barrier(PANEL, replace(BASE, stop=1.5, min_return=0.01)),
    }
    base = triple_barrier(PANEL, BASE)
    assert {-1, *alone} < set(code.tolist())
    for number in np.unique(code):
        wanted, here = alone.get(int(number), base), code == number
        for field in FIELDS:
            np.testing.assert_array_equal(getattr(found, field)[here], getattr(wanted, field)[here])
    assert (found.end_ts != base.end_ts).any()
    assert (found.label != base.label).any()


@every_kind
def test_names_are_those_of_the_regimes(kind):
    """A file names regimes without a panel."""
    assert REGIMES[kind](PANEL).names == NAMES[kind]


@every_kind
def test_later_bars_move_no_label_and_no_regime(kind):
    """Labels that ended stay when every later price and volume changes; so does the regime behind a running one."""
    seen = 0
    for cut in (170, 200, 230):
        wrong, ended = moved(target(by_regime(kind)), PANEL, np.unique(PANEL.ts)[cut], np.random.default_rng(cut))
        assert wrong.size == 0
        seen += ended
    assert seen > 1000


def of_whole_history(panel):
    """The planted bug: high volatility is what lies above the median of all bars, also of those to come."""
    code = np.full(panel.n_rows, -1, np.int8)
    for index in range(len(panel.symbols)):
        rows = panel.rows(index)
        size = np.abs(np.diff(np.log(panel.close[rows]), prepend=np.nan))
        code[rows] = np.where(size > np.nanmedian(size), 2, 0)
    return Regimes(NAMES["behaviour"], code)


def test_a_regime_of_the_whole_history_is_caught(monkeypatch):
    """The same check sees labels move when the regime looks at what comes later."""
    monkeypatch.setitem(REGIMES, "behaviour", of_whole_history)
    later = np.random.default_rng(1)
    times = np.unique(PANEL.ts)[60:240:30]
    assert sum(moved(target(by_regime("behaviour")), PANEL, time, later)[0].size for time in times) > 0


def test_meta_labels_take_the_barriers_of_the_regime():
    """The second question is asked of the same trade: barriers of the regime, turned to the side."""
    n, ts = PANEL.n_rows, PANEL.ts
    side = np.full(n, -1, np.int8)
    primary = PrimaryPredictions(side, np.zeros(n, np.int32), np.zeros((1, n), np.bool_), ts, ts)
    spec = by_regime("behaviour")
    found = meta_labels(PANEL, spec, primary, np.full(n, 5.0))
    here = REGIMES["behaviour"](PANEL).code == 0
    alone = triple_barrier(PANEL, spec.in_regime("mean reversion"), side, np.full(n, 5.0))
    np.testing.assert_array_equal(found.ret[here], alone.ret[here])
    np.testing.assert_array_equal(found.label, found.ret > 0)


def test_regimes_stand_in_the_document_only_where_they_are_used():
    """The identity of a label without them does not change; a document with them gives the spec back."""
    adapter = TypeAdapter(LabelSpec)
    assert "regimes" not in adapter.dump_python(LabelSpec(), mode="json")
    document = adapter.dump_python(by_regime("market"), mode="json")
    assert document["regimes"]["changes"]["bear"] == {"profit": 2.0, "holding": 9}
    assert adapter.validate_python(document) == by_regime("market")


@pytest.mark.parametrize(
    "bad",
    [
        {"kind": "mood", "changes": {"trend": {"profit": 1.0}}},
        {"kind": "behaviour", "changes": {}},
        {"kind": "behaviour", "changes": {"bull": {"profit": 1.0}}},
        {"kind": "behaviour", "changes": {"trend": {}}},
        {"kind": "behaviour", "changes": {"trend": {"profit": 0.0}}},
        {"kind": "behaviour", "changes": {"trend": {"entry": "close"}}},
    ],
)
def test_regimes_that_cannot_be_are_refused(bad):
    """An unknown kind or regime, a change of nothing, or one out of bounds."""
    with pytest.raises(ValidationError):
        LabelSpec(regimes=bad)
