"""Chunks of feature rows: stored once by what they were made from, and verified by their content hash."""

from __future__ import annotations

import hashlib
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import numpy as np
import psycopg
from numpy.typing import NDArray

from market_assets.core.errors import IntegrityError
from market_assets.core.identity import canonical_json
from market_assets.stores.copy import copy_rows
from market_assets.stores.feature_lookup import Beginning, Place, Stored

Times = NDArray[np.datetime64]
Values = NDArray[np.float64]
_COPY = """
COPY feature_chunk (chunk, family, symbol, key, first_ts, last_ts, rows, content_hash, until_rows, until_hash)
FROM STDIN
"""
_UNHELD = """
FROM feature_chunk c WHERE NOT EXISTS (
    SELECT FROM feature_block b CROSS JOIN unnest(b.chunks) AS used (chunk)
    WHERE b.family = c.family AND used.chunk = c.chunk)
"""
_SWEEP = f"""
WITH gone AS (DELETE {_UNHELD} AND c.family = %s RETURNING chunk, rows),
    swept AS (DELETE FROM feature_row r USING gone WHERE r.chunk = gone.chunk)
SELECT count(*), coalesce(sum(rows), 0) FROM gone
"""


@dataclass(frozen=True, eq=False)
class Chunked:
    """The feature rows of one symbol, in the order of time, cut into chunks.

    Parameters
    ----------
    after : the last of the chunks that come first and are in the store, whose rows are not given; None = none are.
    keys, sizes : key and number of rows of the chunks that follow.
    ts, values : their rows, shapes (sum(sizes),) and (sum(sizes), n_names); NaN allowed, infinity not.
    """

    after: Place | None
    keys: tuple[str, ...]
    sizes: tuple[int, ...]
    ts: Times
    values: Values

    def without(self, keys: Container[str]) -> Chunked:
        """The chunks given that are not among ``keys``."""
        kept = [part for part in self.parts() if part[0] not in keys]
        if len(kept) == len(self.keys):
            return self
        rows = np.concatenate([np.arange(part.start, part.stop) for _, part in kept] or [np.arange(0)])
        sizes = tuple(part.stop - part.start for _, part in kept)
        return Chunked(self.after, tuple(key for key, _ in kept), sizes, self.ts[rows], self.values[rows])

    def parts(self) -> list[tuple[str, slice]]:
        """Key and rows of the chunks that are given."""
        edges = np.cumsum([0, *self.sizes]).tolist()
        return [(key, slice(low, high)) for key, (low, high) in zip(self.keys, pairwise(edges), strict=True)]


@dataclass(frozen=True)
class Unheld:
    """Chunks that no block holds, and their rows."""

    chunks: int = 0
    rows: int = 0

    def __add__(self, other: Unheld) -> Unheld:
        return Unheld(self.chunks + other.chunks, self.rows + other.rows)


class ContentHash:
    """Content hash of chunks with the same names: that of ``hash_arrays`` over names, ts and values.

    What does not differ from chunk to chunk is hashed once. A NaN must have the usual bits.
    """

    def __init__(self, names: Sequence[str]) -> None:
        raw = canonical_json(list(names))
        dtype = np.array(names, dtype=str).dtype.str.lstrip("<>|=")
        self._begin = hashlib.sha256(_framed({"name": "names", "dtype": dtype, "shape": [len(names)]}, len(raw)) + raw)

    def __call__(self, micros: NDArray[np.int64], values: Values) -> str:
        """Hash of times as microseconds (n,) and values (n, n_names), both contiguous."""
        digest = self._begin.copy()
        for head, array in zip(_heads(*values.shape), (micros, values), strict=True):
            digest.update(head)
            digest.update(array.data)
        return digest.hexdigest()


@cache
def _heads(rows: int, width: int) -> tuple[bytes, bytes]:
    times = {"name": "ts", "dtype": "i8", "shape": [rows]}
    return _framed(times, 8 * rows), _framed(
        {"name": "values", "dtype": "f8", "shape": [rows, width]}, 8 * rows * width
    )


def _framed(header: Mapping[str, object], size: int) -> bytes:
    text = canonical_json(header)
    return len(text).to_bytes(8, "little") + text + size.to_bytes(8, "little")


def micros_of(ts: Times) -> NDArray[np.int64]:
    """Microseconds since 1970."""
    return ts.astype("datetime64[us]").astype(np.int64)


def block_hash(hashes: Iterable[str], before: str = "") -> str:
    """Content hash of a block from those of its chunks, in the order of time: each is joined to what came before.

    So the hash of a longer block follows from that of its beginning, ``before``.
    """
    for content_hash in hashes:
        before = hashlib.sha256((before + content_hash).encode()).hexdigest()
    return before or hashlib.sha256(b"").hexdigest()


def add_chunks(
    connection: psycopg.Connection,
    family: str,
    names: Sequence[str],
    symbols: Mapping[str, Chunked],
    begins: Mapping[str, Beginning],
    known: Mapping[str, Stored],
) -> dict[str, tuple[Stored, ...]]:
    """Write what is not ``known`` of the chunks given, with two COPYs, and count the rows; all those given, by symbol.

    Raises
    ------
    IntegrityError
        when a chunk has another number of rows than was written.
    """
    content_hash, found = ContentHash(names), {}
    fresh = {symbol: item.without(known) for symbol, item in symbols.items()}
    query = "SELECT nextval('feature_chunk_chunk_seq') FROM generate_series(1, %s)"
    total = sum(len(item.keys) for item in fresh.values())
    numbers = iter([row[0] for row in connection.execute(query, (total,))])
    ledger, rows = [], []
    for symbol, item in symbols.items():
        micros, last, chunks = micros_of(item.ts), begins[symbol].last, list[Stored]()
        for key, part in item.parts():
            before, last = last, known.get(key)
            if last is None:
                size, digest = part.stop - part.start, content_hash(micros[part], item.values[part])
                until = (size, "") if before is None else (before.until_rows + size, before.until_hash)
                last = Stored(next(numbers), until[0], block_hash([digest], until[1]))
                first, final = item.ts[part][[0, -1]]
                ledger.append((last.chunk, family, symbol, key, f"{first}Z", f"{final}Z", size, digest, *last[1:]))
            chunks.append(last)
        found[symbol] = tuple(chunks)
        new = [one.chunk for one, key in zip(chunks, item.keys, strict=True) if key not in known]
        written = np.repeat(np.array(new, np.int64), fresh[symbol].sizes)
        rows.append((len(written), (written, symbol, fresh[symbol].ts, fresh[symbol].values)))
    with connection.cursor() as cursor, cursor.copy(_COPY) as copy:
        for line in ledger:
            copy.write_row(line)
    copy_rows(connection, "feature_row", ("chunk", "symbol", "ts", "values"), rows)
    _verify(connection, {line[0]: line[6] for line in ledger})
    return found


def _verify(connection: psycopg.Connection, expected: Mapping[int, int]) -> None:
    """Count the rows just written, in the writing transaction; nothing is committed when one is missing."""
    query = "SELECT chunk, count(*) FROM feature_row WHERE chunk = ANY(%s) GROUP BY chunk"
    found = dict(connection.execute(query, (np.array(list(expected), np.int64),)).fetchall())
    for chunk, rows in expected.items():
        if found.get(chunk, 0) != rows:
            raise IntegrityError(f"feature chunk {chunk}: wrote {rows} rows, found {found.get(chunk, 0)}")


def unheld(connection: psycopg.Connection) -> Unheld:
    """Count the chunks that no block holds."""
    rows = connection.execute(f"SELECT count(*), coalesce(sum(rows), 0) {_UNHELD}").fetchall()
    return Unheld(*(int(value) for value in rows[0]))


def sweep(connection: psycopg.Connection, family: str) -> Unheld:
    """Delete the chunks of a family that no block holds any more; the caller has locked the family."""
    rows = connection.execute(_SWEEP, (family,)).fetchall()
    return Unheld(*(int(value) for value in rows[0]))
