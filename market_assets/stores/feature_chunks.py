"""Chunks of feature rows: what a caller gives, and how its rows are hashed and written."""

from __future__ import annotations

import hashlib
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import numpy as np
import psycopg
from numpy.typing import NDArray

from market_assets.core.identity import array_head, canonical_json
from market_assets.stores.chunk_ledger import record, verify
from market_assets.stores.chunk_table import Beginning, ChunkTable, Entry, Place, Stored
from market_assets.stores.copy import copy_rows

Times = NDArray[np.datetime64]
Values = NDArray[np.float64]
CHUNKS = ChunkTable(rows="feature", axis="family")


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

    def entries(self, names: Sequence[str]) -> list[Entry]:
        """What the ledger says of the chunks given, whose columns have these names."""
        content_hash, micros = ContentHash(names), micros_of(self.ts)
        return [
            Entry(
                key,
                *self.ts[part][[0, -1]],
                rows=part.stop - part.start,
                content_hash=content_hash(micros[part], self.values[part]),
            )
            for key, part in self.parts()
        ]


class ContentHash:
    """Content hash of chunks with the same names: that of ``hash_arrays`` over names, ts and values.

    What does not differ from chunk to chunk is hashed once. A NaN must have the usual bits.
    """

    def __init__(self, names: Sequence[str]) -> None:
        raw = canonical_json(list(names))
        dtype = np.array(names, dtype=str).dtype
        self._begin = hashlib.sha256(array_head("names", dtype, (len(names),), len(raw)) + raw)

    def __call__(self, micros: NDArray[np.int64], values: Values) -> str:
        """Hash of times as microseconds (n,) and values (n, n_names), both contiguous."""
        digest = self._begin.copy()
        for head, array in zip(_heads(*values.shape), (micros, values), strict=True):
            digest.update(head)
            digest.update(array.data)
        return digest.hexdigest()


@cache
def _heads(rows: int, width: int) -> tuple[bytes, bytes]:
    times = array_head("ts", np.dtype(np.int64), (rows,), 8 * rows)
    return times, array_head("values", np.dtype(np.float64), (rows, width), 8 * rows * width)


def micros_of(ts: Times) -> NDArray[np.int64]:
    """Microseconds since 1970."""
    return ts.astype("datetime64[us]").astype(np.int64)


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
    given = {symbol: (begins[symbol], item.entries(names)) for symbol, item in symbols.items()}
    found = record(connection, CHUNKS, family, given, known)
    rows, written = [], dict[int, int]()
    for symbol, item in symbols.items():
        fresh = item.without(known)
        new = [one.chunk for one, key in zip(found[symbol], item.keys, strict=True) if key not in known]
        chunks = np.repeat(np.array(new, np.int64), fresh.sizes)
        rows.append((len(chunks), (chunks, symbol, fresh.ts, fresh.values)))
        written.update(zip(new, fresh.sizes, strict=True))
    copy_rows(connection, "feature_row", ("chunk", "symbol", "ts", "values"), rows)
    verify(connection, CHUNKS, written)
    return found
