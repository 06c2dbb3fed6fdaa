"""Bulk writes: numpy arrays to PostgreSQL's binary COPY format, without a Python object a value.

Format: https://www.postgresql.org/docs/current/sql-copy.html, section Binary Format; array layout: ``array_send`` in
``arrayfuncs.c`` (dimensions, has-null flag, element type, length, lower bound, then each element with its length).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import psycopg
from numpy.typing import NDArray
from psycopg import sql
from psycopg.adapt import Dumper, PyFormat
from psycopg.pq import Format

HEADER = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
TRAILER = b"\xff\xff"
_EPOCH_2000 = 946_684_800_000_000  # PostgreSQL counts microseconds from 2000-01-01
_ELEMENT_OID = {"f8": 701, "i4": 23, "i8": 20}
_ARRAY_OID = {"f8": 1022, "i4": 1007, "i8": 1016}

Column = str | None | NDArray[Any]
"""One column of a block: the same text in every row, NULL in every row, or an array with one entry a row."""


def rows(n: int, columns: Sequence[Column]) -> bytes:
    """Encode ``n`` rows whose fields all have a fixed width.

    Parameters
    ----------
    columns : text, None, or arrays of shape (n,): float64 -> float8, int16 -> int2, int32 -> int4, int64 -> int8,
        bool -> bool, datetime64 -> timestamptz (UTC); float64 of shape (n, k) -> float8[].

    Raises
    ------
    ValueError
        for an array of another type or length, or for NaT.
    """
    fields: list[tuple[Any, ...]] = [("count", ">i2")]
    filled: list[tuple[str, Any]] = [("count", len(columns))]
    for number, column in enumerate(columns):
        length, value = f"l{number}", f"v{number}"
        if column is None:
            fields.append((length, ">i4"))
            filled.append((length, -1))
            continue
        kind, data = _field(column, n)
        dtype = np.dtype(kind)
        fields += [(length, ">i4"), (value, dtype)]
        filled += [(length, dtype.itemsize), (value, data)]
    block = np.empty(n, np.dtype(fields))
    for name, data in filled:
        if isinstance(data, dict):
            for part, item in data.items():
                block[name][part] = item
        else:
            block[name] = data
    return block.tobytes()


def copy_rows(
    connection: psycopg.Connection, table: str, columns: Sequence[str], blocks: Iterable[tuple[int, Sequence[Column]]]
) -> None:
    """Write blocks of ``(n, columns)`` into ``table`` with one COPY."""
    command = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT BINARY)").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    with connection.cursor() as cursor, cursor.copy(command) as copy:
        copy.write(HEADER)
        for n, block in blocks:
            if n:
                copy.write(rows(n, block))
        copy.write(TRAILER)


def _field(column: str | NDArray[Any], n: int) -> tuple[Any, Any]:
    if isinstance(column, str):
        text = column.encode()
        return f"S{len(text)}" if text else "V0", text or np.zeros(n, "V0")
    if len(column) != n:
        raise ValueError(f"column of {len(column)} entries in a block of {n} rows")
    if column.dtype.kind == "M":
        if np.isnat(column).any():
            raise ValueError("NaT cannot be stored")
        return ">i8", column.astype("datetime64[us]").astype(np.int64) - _EPOCH_2000
    code = column.dtype.str[1:]
    if column.ndim == 2 and code == "f8":
        items = np.dtype([("length", ">i4"), ("value", ">f8")])
        kind = np.dtype([("head", ">i4", (5,)), ("items", items, (column.shape[1],))])
        data = np.empty((n, column.shape[1]), items)
        data["length"], data["value"] = 8, column
        return kind, {"head": _head(column.shape[1], code), "items": data}
    if column.ndim == 1 and code in ("f8", "i2", "i4", "i8", "b1"):
        return f">{code}" if code != "b1" else "?", column
    raise ValueError(f"no binary form for an array of type {column.dtype} and shape {column.shape}")


def _head(length: int, code: str) -> NDArray[np.int32]:
    return np.array([1, 0, _ELEMENT_OID[code], length, 1], np.int32)


def array_bytes(array: NDArray[Any]) -> bytes:
    """Encode a 1-D array as the binary form of ``float8[]``, ``int4[]`` or ``int8[]``."""
    code = array.dtype.str[1:]
    if array.ndim != 1 or code not in _ELEMENT_OID:
        raise ValueError(f"no binary form for an array of type {array.dtype} and shape {array.shape}")
    if not len(array):
        return np.array([0, 0, _ELEMENT_OID[code]], ">i4").tobytes()
    items = np.empty(len(array), np.dtype([("length", ">i4"), ("value", f">{code}")]))
    items["length"], items["value"] = array.dtype.itemsize, array
    return _head(len(array), code).astype(">i4").tobytes() + items.tobytes()


class _ArrayDumper(Dumper):
    """Lets a numpy array be a bound parameter; one subclass an element type."""

    format = Format.BINARY
    code = ""

    def get_key(self, obj: Any, format: PyFormat) -> Any:  # noqa: ARG002  # psycopg's name
        return (type(obj), obj.dtype.str[1:])

    def upgrade(self, obj: Any, format: PyFormat) -> Dumper:  # noqa: ARG002  # psycopg's name
        code = obj.dtype.str[1:]
        if code not in _ARRAY_OID:
            raise ValueError(f"no binary form for an array of type {obj.dtype}")
        kind = type(f"ArrayDumper_{code}", (_ArrayDumper,), {"oid": _ARRAY_OID[code]})
        return kind(type(obj))

    def dump(self, obj: Any) -> bytes:
        return array_bytes(obj)


def register_arrays(connection: psycopg.Connection) -> None:
    """Let this connection take one-dimensional numpy arrays as parameters."""
    connection.adapters.register_dumper(np.ndarray, _ArrayDumper)
