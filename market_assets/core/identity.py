"""Identity: canonical JSON, sha256, and content hashes of arrays and tables."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray


def canonical_json(value: Any) -> bytes:
    """Serialise to JSON with sorted keys, no spaces, UTF-8 and no non-finite numbers.

    Raises
    ------
    ValueError
        for NaN or infinity: a failure is never a number.
    """
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def sha256_hex(data: bytes) -> str:
    """Return the sha256 digest of ``data`` as 64 lower-case hex characters."""
    return hashlib.sha256(data).hexdigest()


def fingerprint(**parts: Any) -> str:
    """Hash named parts (canonical JSON values) into one wanted identity."""
    return sha256_hex(canonical_json(parts))


def hash_arrays(arrays: Mapping[str, NDArray[Any]]) -> str:
    """Hash named arrays by name, dtype, shape and raw little-endian bytes; NaN payloads are normalised."""
    digest = hashlib.sha256()
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        if array.dtype.kind in "OU":
            raw = canonical_json([str(item) for item in array.ravel()])
        else:
            if array.dtype.kind == "f":
                array = np.where(np.isnan(array), np.array(math.nan, array.dtype), array)
            raw = array.astype(array.dtype.newbyteorder("<"), copy=False).tobytes()
        digest.update(array_head(name, array.dtype, array.shape, len(raw)))
        digest.update(raw)
    return digest.hexdigest()


def array_head(name: str, dtype: np.dtype[Any], shape: Sequence[int], size: int) -> bytes:
    """What ``hash_arrays`` puts before the ``size`` bytes of an array."""
    header = canonical_json({"name": name, "dtype": dtype.str.lstrip("<>|="), "shape": list(shape)})
    return len(header).to_bytes(8, "little") + header + size.to_bytes(8, "little")
