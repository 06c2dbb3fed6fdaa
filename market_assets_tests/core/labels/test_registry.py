"""What every label must do, driven over all kinds of labels."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from pydantic import TypeAdapter

from market_assets.core.errors import BadInputError
from market_assets.core.labels.registry import KINDS, TargetSpec, make_target
from market_assets.core.labels.spec import LabelSpec, WeightSpec
from market_assets.core.labels.target import Target
from market_assets_tests.core.labels.kinds import ALL
from market_assets_tests.core.labels.panels import random_panel
from market_assets_tests.core.labels.perturbed import moved

PANEL = random_panel(np.random.default_rng(21), symbols=3, days=150)
every_label = pytest.mark.parametrize("name", ALL)


def test_a_file_can_name_every_kind():
    """The union of parameters that an experiment file accepts has one record a kind, and gives it back."""
    adapter = TypeAdapter(TargetSpec)
    for name, kind in KINDS.items():
        assert adapter.validate_python({"kind": name}) == kind.spec()
        assert kind.document(kind.spec())["kind"] == name


@every_label
def test_later_bars_change_no_label_that_had_ended(name):
    """Value, definedness and interval of a label that ended at t1 rest on bars up to t1."""
    rng = np.random.default_rng(3)
    seen = 0
    for cut in (60, 90, 130):
        time = np.unique(PANEL.ts)[cut]
        wrong, ended = moved(ALL[name], PANEL, time, rng)
        assert wrong.size == 0
        seen += ended
    assert seen > 30


@every_label
def test_a_label_that_ends_a_bar_early_is_caught(name):
    """The planted bug: the same values, each said to be known one day before it is."""

    def early(panel):
        target = ALL[name](panel)
        return replace(target, t1=np.maximum(target.t1 - np.timedelta64(1, "D"), target.t0))

    rng = np.random.default_rng(4)
    assert sum(moved(early, PANEL, time, rng)[0].size for time in np.unique(PANEL.ts)[40:140:5]) > 0


@every_label
def test_labels_known_so_far_stay_when_bars_arrive(name):
    """Labels defined on a prefix are the same on the whole."""
    whole = ALL[name](PANEL)
    for cut in (70, 120):
        kept = np.unique(PANEL.ts)[cut] >= PANEL.ts
        part = ALL[name](PANEL.take(kept))
        assert part.defined.any()
        for field in ("defined", "value", "t0", "t1"):
            known = part.defined
            np.testing.assert_array_equal(getattr(part, field)[known], getattr(whole, field)[kept][known])


@every_label
def test_intervals_are_closed_and_begin_at_the_row(name):
    """t0 is the decision bar, t1 a bar not before it, after it where defined; undefined values are NaN."""
    target = ALL[name](PANEL)
    np.testing.assert_array_equal(target.t0, PANEL.ts)
    assert (target.t1 >= target.t0).all()
    assert (target.t1 > target.t0)[target.defined].all()
    assert np.isin(target.t1, PANEL.ts).all()
    np.testing.assert_array_equal(np.isnan(target.value), ~target.defined)
    assert {array.dtype for array in (target.t0, target.t1)} == {np.dtype("datetime64[us]")}


@every_label
def test_same_bars_same_bytes(name):
    """Nothing but the panel enters."""
    first, second = ALL[name](PANEL), ALL[name](PANEL)
    assert [getattr(first, field).tobytes() for field in ("defined", "value", "t0", "t1")] == [
        getattr(second, field).tobytes() for field in ("defined", "value", "t0", "t1")
    ]


@every_label
def test_other_symbols_matter_only_to_market_wide_labels(name):
    """Without the last symbol the labels of the others stay, unless the kind says that it reads the market."""
    target = ALL[name](PANEL)
    fewer = ALL[name](PANEL.select(PANEL.symbols[:-1]))
    own = slice(0, int(PANEL.offsets[-2]))
    same = np.array_equal(target.value[own], fewer.value, equal_nan=True)
    assert same is not (name in KINDS and KINDS[name].market_wide)


@every_label
def test_symbols_that_are_not_traded_have_no_label(name):
    """A level is context only."""
    kinds = ("equity", "level", "equity")
    target = ALL[name](replace(PANEL, kinds=kinds))
    assert not target.defined[PANEL.rows(1)].any()
    assert target.defined[PANEL.rows(0)].any()


@pytest.mark.parametrize("name", KINDS)
def test_classes_are_those_the_kind_names(name):
    """Every class occurs on the panel, and no other value does."""
    target, kind = ALL[name](PANEL), KINDS[name]
    found = np.unique(target.value[target.defined])
    if kind.classes:
        assert set(found) <= set(kind.classes)
        assert len(found) >= 3
    else:
        assert (found >= 0).all()
        assert found.size > 50


@pytest.mark.parametrize("name", KINDS)
def test_the_identity_of_a_label_is_its_parameters_and_its_code(name):
    """Equal specs share it, another parameter or version does not."""
    kind = KINDS[name]
    field = {"triple_barrier": "holding", "event_barrier": "threshold"}.get(name, "horizon")
    assert kind.identity(kind.spec()) == kind.identity(kind.spec())
    assert kind.identity(kind.spec(**{field: 7})) != kind.identity(kind.spec())
    assert replace(kind, version="other").identity(kind.spec()) != kind.identity(kind.spec())


def test_a_spec_of_no_label_is_refused():
    """The kind is looked up, never guessed."""
    assert isinstance(make_target(PANEL, LabelSpec()), Target)
    with pytest.raises(BadInputError, match="label_kind"):
        make_target(PANEL, WeightSpec())
