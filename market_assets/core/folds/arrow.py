"""Named arrays and a header as Arrow IPC bytes: the same input gives the same bytes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from market_assets.core.errors import IntegrityError
from market_assets.core.identity import canonical_json


def encode(columns: Mapping[str, NDArray[Any]], header: Mapping[str, Any]) -> bytes:
    """Write arrays of one length as an uncompressed Arrow IPC stream with one record batch.

    Two-dimensional arrays become fixed-size lists, booleans bytes, times microseconds. NaN is written in one
    bit pattern. ``header`` goes into the schema metadata as canonical JSON. The bytes depend on the Arrow
    version too; an identity across versions is the content hash, not the bytes.
    """
    import pyarrow as pa

    arrays = [_to_arrow(values) for values in columns.values()]
    schema = pa.schema(
        [pa.field(name, array.type, nullable=False) for name, array in zip(columns, arrays, strict=True)],
        metadata={"header": canonical_json(header)},
    )
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, schema) as writer:
        writer.write_batch(pa.record_batch(arrays, schema=schema))
    return sink.getvalue().to_pybytes()


def decode(data: bytes) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """Read what ``encode`` wrote; the arrays are read-only views of ``data``.

    Raises
    ------
    IntegrityError
        if the bytes are not such a stream, or not all of it.
    """
    import pyarrow as pa

    try:
        with pa.ipc.open_stream(pa.py_buffer(data)) as reader:
            header = json.loads((reader.schema.metadata or {})[b"header"])
            batch = reader.read_next_batch()
            if not isinstance(header, dict) or any(True for _ in reader):
                raise IntegrityError("the Arrow stream holds more than one record batch or no header object")
            batch.validate(full=True)
            return {name: _to_numpy(batch.column(name)) for name in batch.schema.names}, header
    except (pa.ArrowException, OSError, StopIteration, KeyError, ValueError) as error:
        raise IntegrityError(f"the bytes are not a complete Arrow stream of this product: {error}") from error


def _to_arrow(values: NDArray[Any]) -> Any:
    import pyarrow as pa

    values = np.ascontiguousarray(values)
    if values.dtype.kind == "f" and np.isnan(values).any():
        values = np.where(np.isnan(values), np.array(np.nan, values.dtype), values)
    if values.dtype.kind == "b":
        values = values.view(np.uint8)
    if values.ndim == 2:
        return pa.FixedSizeListArray.from_arrays(pa.array(values.ravel()), values.shape[1])
    return pa.array(values)


def _to_numpy(array: Any) -> NDArray[Any]:
    import pyarrow as pa

    if array.null_count:
        raise IntegrityError("the Arrow stream holds missing values where none can be")
    if pa.types.is_fixed_size_list(array.type):
        width = array.type.list_size
        return array.flatten().to_numpy(zero_copy_only=True).reshape(len(array), width)
    return array.to_numpy(zero_copy_only=True)
