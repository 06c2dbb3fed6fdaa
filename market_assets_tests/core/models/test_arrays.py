"""The array container."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from market_assets.core.errors import IntegrityError
from market_assets.core.models import arrays

SAMPLE = {
    "b": np.arange(6, dtype=np.float32).reshape(2, 3),
    "a": np.array([1, -2], dtype=np.int32),
    "empty": np.zeros((0, 4)),
}


def test_round_trip_keeps_values_types_and_shapes():
    """Meta and arrays come back as they were; big-endian input is stored little-endian."""
    data = arrays.encode({"k": [1, "x"]}, {**SAMPLE, "big": np.array([1.5], dtype=">f8")})
    meta, found = arrays.decode(data)
    assert meta == {"k": [1, "x"]}
    assert found["big"].dtype.str == "<f8"
    assert found["big"][0] == 1.5
    for name, array in SAMPLE.items():
        assert found[name].dtype == array.dtype
        assert np.array_equal(found[name], array)


def test_order_of_names_does_not_change_the_bytes():
    """Arrays are stored by name."""
    assert arrays.encode({}, SAMPLE) == arrays.encode({}, dict(reversed(SAMPLE.items())))


def test_objects_and_deep_arrays_are_refused():
    """Only plain numbers of at most three dimensions can be stored."""
    for array in (np.array([object()]), np.zeros((1, 1, 1, 1)), np.array(["text"])):
        with pytest.raises(ValueError, match="cannot be stored"):
            arrays.encode({}, {"a": array})


def test_every_cut_and_extension_is_refused():
    """No prefix of a container, and no container with a tail, is a container."""
    data = arrays.encode({"k": 1}, SAMPLE)
    for broken in [data[:k] for k in range(len(data))] + [data + b"\0"]:
        with pytest.raises(IntegrityError):
            arrays.decode(broken)


def _with_header(text: bytes, body: bytes = b"") -> bytes:
    return arrays.MAGIC + len(text).to_bytes(8, "little") + text + body


@pytest.mark.parametrize(
    "header",
    [
        b"[]",
        b"not json",
        b'{"arrays": [],"meta":{}}',
        b'{"arrays":[],"meta":[]}',
        b'{"arrays":[{"dtype":"|O8","name":"a","shape":[0]}],"meta":{}}',
        b'{"arrays":[{"dtype":"<f8","name":"a","shape":[-1]}],"meta":{}}',
        b'{"arrays":[{"dtype":"<f8","name":"a","shape":[true]}],"meta":{}}',
        b'{"arrays":[{"dtype":"<f8","name":"a","shape":[4294967296]}],"meta":{}}',
        b'{"arrays":[{"dtype":"<f8","name":"a","shape":[2147483648,2147483648,2147483648]}],"meta":{}}',
        b'{"arrays":[{"dtype":"<f8","name":"a","shape":[0]},{"dtype":"<f8","name":"a","shape":[0]}],"meta":{}}',
        b"[" * 5000,
    ],
)
def test_hostile_headers_are_refused(header):
    """Objects, impossible sizes, doubled names and non-canonical JSON are refused before anything is read."""
    with pytest.raises(IntegrityError):
        arrays.decode(_with_header(header))


def test_an_oversized_header_is_refused():
    """A header length beyond the limit is not believed."""
    with pytest.raises(IntegrityError, match="does not fit"):
        arrays.decode(arrays.MAGIC + (2**62).to_bytes(8, "little") + b"{}")


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200), st.integers(0, 120))
def test_garbled_bytes_never_raise_anything_else(noise, position):
    """Whatever is written over a container, decoding returns or raises IntegrityError."""
    data = bytearray(arrays.encode({"k": 1}, SAMPLE))
    data[position : position + len(noise)] = noise
    try:
        arrays.decode(bytes(data))
    except IntegrityError:
        return
