"""Training sets: assembly, identity and bytes."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from market_assets.core.errors import BadInputError, IntegrityError, NotEnoughDataError
from market_assets.core.folds.training_set import TrainingSet, assemble
from market_assets.core.labels.spec import LabelSpec, WeightSpec
from market_assets.core.labels.triple_barrier import triple_barrier
from market_assets_tests.core.folds.sets import table15
from market_assets_tests.core.labels.panels import panel_of, random_bars, random_panel

SPEC = LabelSpec(atr_window=4, holding=5)


def blocks_of(panel, rng=None):
    """Two families: three random columns and one."""
    values = (rng or np.random.default_rng(0)).normal(size=(panel.n_rows, 4))
    values[::13, 1] = np.nan
    return {"volatility": (("v1",), values[:, 3:]), "technical": (("a", "b", "c"), values[:, :3])}


def assembled(panel, warmup=10):
    return assemble(panel, blocks_of(panel), triple_barrier(panel, SPEC), WeightSpec(), warmup)


def test_rows_are_traded_symbols_after_their_warm_up():
    """Ten bars of each traded symbol are dropped, levels entirely; order is that of the panel."""
    rng = np.random.default_rng(0)
    bars = {name: random_bars(rng, 30) for name in ("A", "B", "C")}
    panel = panel_of(bars, days={"B": range(5, 35)}, kinds={"B": "equity", "A": "level"})
    data = assembled(panel)
    assert data.symbols == ("B", "C")
    assert data.code.tolist() == [0] * 20 + [1] * 20
    assert data.t0.tolist() == [*range(15, 35), *range(10, 30)]
    assert data.sessions.size == 35
    np.testing.assert_array_equal(data.sessions[data.t0], data.ts)
    values = blocks_of(panel)["technical"][1].astype(np.float32)
    np.testing.assert_array_equal(data.x[:, :3], values[np.r_[40:60, 70:90]])


def test_features_stand_in_the_order_of_family_names():
    """The order of the mapping makes no difference."""
    panel = random_panel(np.random.default_rng(1))
    blocks, labels = blocks_of(panel), triple_barrier(panel, SPEC)
    data = assemble(panel, blocks, labels, WeightSpec(), 10)
    turned = assemble(panel, dict(reversed(blocks.items())), labels, WeightSpec(), 10)
    assert data.feature_names == ("a", "b", "c", "v1")
    assert data.to_ipc() == turned.to_ipc()


def test_labels_become_targets_intervals_and_trainable_rows():
    """y, ret, t1 and trainable follow from the labels of the same rows."""
    panel = random_panel(np.random.default_rng(2))
    labels, data = triple_barrier(panel, SPEC), assembled(panel)
    age = np.arange(panel.n_rows) - panel.offsets[panel.symbol_codes()]
    kept = np.flatnonzero(age >= 10)
    np.testing.assert_array_equal(data.trainable, labels.defined[kept] & (labels.label[kept] != 0))
    np.testing.assert_array_equal(data.y[data.trainable], labels.label[kept][data.trainable] == 1)
    np.testing.assert_array_equal(data.ret, labels.ret[kept])
    ends = labels.end_row[kept]
    np.testing.assert_array_equal(data.sessions[data.t1][ends >= 0], panel.ts[ends[ends >= 0]])
    assert np.all(data.t1 >= data.t0)


def test_stored_weight_is_known_when_the_label_ends():
    """The weight of a label decided on a prefix is the same when later bars arrive."""
    panel = random_panel(np.random.default_rng(3), days=90)
    whole = assembled(panel)
    stamp = np.sort(np.unique(panel.ts))[60]
    kept = panel.take(panel.ts <= stamp)
    part = assembled(kept)
    rows = np.flatnonzero(np.isin(whole.ts, part.ts) & (whole.ts <= stamp))
    decided = np.isfinite(part.ret)
    assert decided.sum() > 50
    assert part.weight[decided].tobytes() == whole.weight[rows][decided].tobytes()
    assert part.t1[decided].tobytes() == whole.t1[rows][decided].tobytes()


def test_reach_is_the_latest_label_end_of_each_session():
    """Sessions without rows say -1."""
    data = assembled(random_panel(np.random.default_rng(4)))
    for session in range(data.sessions.size):
        ends = data.t1[data.t0 == session]
        assert data.reach[session] == (ends.max() if ends.size else -1)


def test_same_content_gives_the_same_bytes():
    """Another NaN pattern and another memory layout leave bytes and hash alone."""
    data = assembled(random_panel(np.random.default_rng(5)))
    x = np.asfortranarray(data.x.copy())
    x.view(np.uint32)[np.isnan(x)] |= 1
    same = replace(data, x=x, ret=np.repeat(data.ret, 2)[::2])
    assert same.to_ipc() == data.to_ipc()
    assert same.content_hash() == data.content_hash()


def test_bytes_come_back_as_the_same_set():
    """Reading and writing again gives the same bytes, in read-only arrays."""
    data = assembled(random_panel(np.random.default_rng(6)))
    raw = data.to_ipc()
    back = TrainingSet.from_ipc(raw)
    assert back.to_ipc() == raw
    assert back.content_hash() == data.content_hash()
    assert back.trainable.dtype == np.bool_
    assert not back.x.flags.writeable


def test_bar_returns_are_kept_only_where_a_weight_asks_for_them():
    """They are log returns of the symbol's own bars, travel with the bytes, and leave other sets untouched."""
    panel = random_panel(np.random.default_rng(7))
    labels, warmup = triple_barrier(panel, SPEC), 10
    without = assemble(panel, blocks_of(panel), labels, WeightSpec(uniqueness=False), warmup)
    asked = assemble(panel, blocks_of(panel), labels, WeightSpec(uniqueness=False, attribution=True), warmup)
    assert without.step is None
    assert replace(asked, step=None).to_ipc() == without.to_ipc()
    assert asked.content_hash() != without.content_hash()
    rows = np.flatnonzero(np.isin(panel.ts, asked.ts))
    kept = [row for row in rows if row - panel.offsets[panel.symbol_codes()[row]] >= warmup]
    wanted = [np.log(panel.close[row] / panel.close[row - 1]) for row in kept]
    np.testing.assert_allclose(asked.step, wanted)
    assert TrainingSet.from_ipc(asked.to_ipc()).content_hash() == asked.content_hash()
    first = assemble(panel, blocks_of(panel), labels, WeightSpec(uniqueness=False, attribution=True), 0)
    assert np.isnan(first.step).sum() == len(panel.symbols)


def test_a_fresh_process_writes_the_same_bytes():
    """Nothing of this process enters the bytes."""
    code = (
        "import hashlib; from market_assets_tests.core.folds.sets import table15;"
        "data = table15(); print(hashlib.sha256(data.to_ipc()).hexdigest(), data.content_hash())"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    data = table15()
    assert run.stdout.split() == [hashlib.sha256(data.to_ipc()).hexdigest(), data.content_hash()]


def test_content_hash_is_pinned():
    """The identity of a small set does not drift between versions of this product."""
    assert table15().content_hash() == "db37486c43c007bb008458412c445bfbe6326897b56a4ca35ad88dded6f650d9"


@pytest.mark.parametrize("name", ["x", "y", "ret", "weight", "trainable", "code", "t0", "t1"])
def test_content_hash_sees_one_changed_value(name):
    """Each column counts."""
    data = table15()
    values = getattr(data, name).copy()
    values[7] = not values[7] if name == "trainable" else values[7] - 1 if name in ("t0", "t1") else values[7] + 1
    changed = replace(data, **{name: values})
    assert changed.content_hash() != data.content_hash()
    assert changed.to_ipc() != data.to_ipc()


@pytest.mark.parametrize(
    "damage", [lambda b: b[: len(b) // 2], lambda b: b"", lambda b: b"x" * 100, lambda b: b[:-400]]
)
def test_damaged_bytes_are_an_integrity_error(damage):
    """Half a file, no file, or another file is refused before anything is used."""
    with pytest.raises(IntegrityError):
        TrainingSet.from_ipc(damage(table15().to_ipc()))


def test_two_features_of_one_name_are_refused():
    """Names identify columns."""
    panel = random_panel(np.random.default_rng(7))
    blocks = {**blocks_of(panel), "other": (("b",), np.zeros((panel.n_rows, 1)))}
    with pytest.raises(BadInputError, match=r"feature names used twice: \['b'\]"):
        assemble(panel, blocks, triple_barrier(panel, SPEC), WeightSpec(), 10)


@pytest.mark.parametrize("value", [np.inf, -np.inf, 1e300])
def test_an_infinite_feature_is_refused_with_row_and_column(value):
    """Infinite values, also those that only float32 makes, name row and column."""
    panel = random_panel(np.random.default_rng(8))
    blocks = blocks_of(panel)
    blocks["technical"][1][20, 1] = value
    with pytest.raises(BadInputError, match="row 21, column b"):
        assemble(panel, blocks, triple_barrier(panel, SPEC), WeightSpec(), 10)


def test_a_block_of_another_length_is_refused():
    """Features must stand row for row with the panel."""
    panel = random_panel(np.random.default_rng(9))
    with pytest.raises(BadInputError, match="expected"):
        assemble(panel, {"short": (("a",), np.zeros((3, 1)))}, triple_barrier(panel, SPEC), WeightSpec(), 10)


def test_symbols_shorter_than_the_warm_up_are_a_typed_error():
    """The error names the warm-up and the longest history."""
    panel = panel_of({"A": random_bars(np.random.default_rng(0), 12)})
    with pytest.raises(NotEnoughDataError, match="more than 126 bars of warm-up; the longest has 12"):
        assemble(panel, blocks_of(panel), triple_barrier(panel, SPEC), WeightSpec())


@pytest.mark.parametrize(
    "change",
    [
        {"y": np.zeros(15, np.int64)},
        {"ret": np.zeros(14)},
        {"t1": np.full(15, 15, np.int32)},
        {"t0": np.full(15, 14, np.int32)},
        {"feature_names": ("f", "g")},
    ],
)
def test_a_set_that_contradicts_itself_cannot_be_made(change):
    """Wrong types, lengths and intervals are refused where the set is made."""
    with pytest.raises(ValueError, match=r"training set column|shape|intervals"):
        replace(table15(), **change)
