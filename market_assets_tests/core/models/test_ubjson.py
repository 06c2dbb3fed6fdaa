"""The UBJSON reader."""

from __future__ import annotations

import numpy as np
import pytest
import xgboost
from hypothesis import given, settings
from hypothesis import strategies as st

from market_assets.core.errors import IntegrityError
from market_assets.core.models.ubjson import parse

# hand-made after the specification: {"a": [1, -2], "b": "hi", "c": typed int32 [7, 8], "d": [null, true, false]}
SAMPLE = (
    b"{"
    b"U\x01a[i\x01i\xfe]"
    b"U\x01bSU\x02hi"
    b"U\x01c[$l#U\x02\x00\x00\x00\x07\x00\x00\x00\x08"
    b"U\x01d[#U\x03ZTF"
    b"U\x01eD\x3f\xf8\x00\x00\x00\x00\x00\x00"
    b"}"
)


def test_reads_the_documented_forms():
    """Plain, counted and typed arrays, strings, constants and big-endian numbers are read."""
    value = parse(SAMPLE)
    assert value["c"].tolist() == [7, 8]
    assert {key: value[key] for key in "abde"} == {"a": [1, -2], "b": "hi", "d": [None, True, False], "e": 1.5}


def test_agrees_with_the_library():
    """The trees read from a saved model are those the library reports."""
    rng = np.random.Generator(np.random.PCG64(0))
    x = rng.standard_normal((200, 3))
    booster = xgboost.train(
        {"objective": "binary:logistic", "max_depth": 2, "nthread": 1},
        xgboost.DMatrix(x, label=(x[:, 0] > 0).astype(int)),
        3,
    )
    model = parse(bytes(booster.save_raw("ubj")))["learner"]["gradient_booster"]["model"]
    frame = booster.trees_to_dataframe()
    for number, tree in enumerate(model["trees"]):
        rows = frame[(frame["Tree"] == number) & (frame["Feature"] != "Leaf")]
        inner = tree["left_children"] != -1
        assert [f"f{j}" for j in tree["split_indices"][inner]] == rows["Feature"].tolist()
        assert tree["split_conditions"][inner].tolist() == pytest.approx(rows["Split"].tolist(), rel=1e-6)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"Q",
        b"{U\x01a",
        b"{U\x01aZU\x01aZ}",
        b"[" * 200,
        b"SU\x01\xff",
        b"Si\xffx",
        b"[$S#U\x01",
        b"[$U#L\x7f\xff\xff\xff\xff\xff\xff\xff",
        b"[$U#L\xff\xff\xff\xff\xff\xff\xff\xff",
        b"[#L\x7f\xff\xff\xff\xff\xff\xff\xff",
        b"ZZ",
        b"SdAAAA",
    ],
)
def test_malformed_values_are_refused(data):
    """Unknown markers, doubled keys, deep nesting, hostile lengths and tails are refused."""
    with pytest.raises(IntegrityError, match="UBJSON"):
        parse(data)


def test_every_cut_is_refused():
    """No prefix of a value is a value."""
    for end in range(len(SAMPLE)):
        with pytest.raises(IntegrityError):
            parse(SAMPLE[:end])


@settings(max_examples=300, deadline=None)
@given(st.integers(0, len(SAMPLE) - 1), st.integers(0, 255))
def test_one_changed_byte_never_raises_anything_else(position, byte):
    """A changed byte reads as another value or raises IntegrityError."""
    data = bytearray(SAMPLE)
    data[position] = byte
    try:
        parse(bytes(data))
    except IntegrityError:
        return
