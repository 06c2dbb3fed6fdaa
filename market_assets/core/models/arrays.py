"""A container for named arrays that carries no code: canonical JSON header, then raw little-endian bytes.

Layout: magic, length of the header (8 bytes, little-endian), header, arrays one after the other in C order.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from market_assets.core.errors import IntegrityError
from market_assets.core.identity import canonical_json

MAGIC = b"MKTARR1\n"
DTYPES = ("<f4", "<f8", "<i4", "<i8", "|i1", "|u1")
MAX_HEADER = 1024 * 1024
MAX_ARRAYS = 256
MAX_DIMENSIONS = 3


def encode(meta: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """Serialise JSON-able ``meta`` and arrays (sorted by name); the same content gives the same bytes.

    Raises
    ------
    ValueError
        for a dtype outside ``DTYPES`` or too many dimensions.
    """
    index, parts = [], []
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        array = array.astype(array.dtype.newbyteorder("<"), copy=False)
        if array.dtype.str not in DTYPES or array.ndim > MAX_DIMENSIONS:
            raise ValueError(f"array {name} of type {array.dtype.str} and {array.ndim} dimensions cannot be stored")
        index.append({"name": name, "dtype": array.dtype.str, "shape": list(array.shape)})
        parts.append(array.tobytes())
    header = canonical_json({"meta": dict(meta), "arrays": index})
    return b"".join((MAGIC, len(header).to_bytes(8, "little"), header, *parts))


def decode(data: bytes) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Read ``encode`` bytes back; the arrays are read-only views.

    Raises
    ------
    IntegrityError
        for anything ``encode`` would not have written: other magic, a header that is not canonical JSON,
        an unknown dtype, a size that does not add up, missing or additional bytes.
    """
    start = len(MAGIC) + 8
    if data[: len(MAGIC)] != MAGIC or len(data) < start:
        raise IntegrityError("not an array container: the magic bytes are missing")
    length = int.from_bytes(data[len(MAGIC) : start], "little")
    if length > MAX_HEADER or start + length > len(data):
        raise IntegrityError(f"array container: a header of {length} bytes does not fit")
    header = _header(data[start : start + length])
    arrays: dict[str, NDArray[Any]] = {}
    position = start + length
    for entry in header["arrays"]:
        count = math.prod(entry["shape"])
        size = count * np.dtype(entry["dtype"]).itemsize
        if position + size > len(data):
            raise IntegrityError(f"array container: array {entry['name']} is cut off")
        flat = np.frombuffer(data, dtype=entry["dtype"], count=count, offset=position)
        arrays[entry["name"]] = flat.reshape(entry["shape"])
        position += size
    if position != len(data):
        raise IntegrityError(f"array container: {len(data) - position} bytes follow the last array")
    return header["meta"], arrays


def _header(raw: bytes) -> dict[str, Any]:
    try:
        header = json.loads(raw)
        canonical = canonical_json(header)
    except (ValueError, RecursionError) as error:
        raise IntegrityError("array container: the header is not JSON") from error
    if canonical != raw or not isinstance(header, dict) or set(header) != {"meta", "arrays"}:
        raise IntegrityError("array container: the header is not in canonical form")
    entries = header["arrays"]
    if not isinstance(header["meta"], dict) or not isinstance(entries, list) or len(entries) > MAX_ARRAYS:
        raise IntegrityError("array container: the header has the wrong parts")
    if not all(_entry_ok(entry) for entry in entries):
        raise IntegrityError("array container: an array is declared wrongly")
    names = [entry["name"] for entry in entries]
    if names != sorted(set(names)):
        raise IntegrityError("array container: array names must be sorted and unique")
    return header


def _entry_ok(entry: object) -> bool:
    return (
        isinstance(entry, dict)
        and set(entry) == {"name", "dtype", "shape"}
        and isinstance(entry["name"], str)
        and entry["dtype"] in DTYPES
        and isinstance(entry["shape"], list)
        and len(entry["shape"]) <= MAX_DIMENSIONS
        and all(type(side) is int and 0 <= side <= 2**31 for side in entry["shape"])
    )
