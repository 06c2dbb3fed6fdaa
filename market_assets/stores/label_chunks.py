"""Chunks of labels: the rows of one symbol and month, named by what all rows up to their last say.

Labels cost little to compute, so a caller gives all rows of a symbol; months that are stored are not written again. The
rows of a month are final when the last of its labels has ended.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from market_assets.core.identity import array_head
from market_assets.stores.chunk_table import ChunkTable, Entry, block_hash
from market_assets.stores.copy import Column

CHUNKS = ChunkTable(rows="label", axis="experiment")
COLUMNS = {"defined": "bool", "label": "int8", "ret": "float64", "end_ts": "datetime64[us]", "barrier": "int8"}
"""Stored columns with dtypes; ``ret`` is NaN where the label is not defined."""

Columns = Mapping[str, NDArray[Any]]
Block = tuple[NDArray[np.datetime64], Columns]


@dataclass(frozen=True, eq=False)
class Months:
    """The labels of one symbol by month: what the ledger says of each, and its rows."""

    entries: tuple[Entry, ...]
    parts: tuple[slice, ...]
    ts: NDArray[np.datetime64]
    columns: Columns

    @staticmethod
    def of(ts: NDArray[np.datetime64], columns: Columns) -> Months:
        """Cut and hash labels, times (n,) increasing and the columns of ``COLUMNS``, each (n,)."""
        ts = ts.astype("datetime64[us]")
        columns = {name: columns[name].astype(dtype) for name, dtype in COLUMNS.items()}
        starts = np.flatnonzero(np.diff(ts.astype("datetime64[M]").astype(np.int64), prepend=np.iinfo(np.int32).min))
        parts = tuple(slice(low, high) for low, high in pairwise([*starts.tolist(), len(ts)]))
        raw, entries, until = bytes_of(ts, columns), [], ""
        for part in parts:
            digest = content_hash(raw, part)
            until = block_hash([digest], until)
            entries.append(Entry(until, ts[part.start], ts[part.stop - 1], part.stop - part.start, digest))
        return Months(tuple(entries), parts, ts, columns)

    @property
    def content_hash(self) -> str:
        """That of the block."""
        return self.entries[-1].key if self.entries else block_hash([])

    def rows(self, chunks: Mapping[int, int]) -> list[tuple[int, list[Column]]]:
        """The rows of some months, given with their chunks, as columns of ``label_row`` without the symbol.

        Those with a return and those without come apart, so that the fields of each part have one width.
        """
        parts = [self.parts[number] for number in chunks]
        here = np.concatenate([np.arange(part.start, part.stop) for part in parts] or [np.arange(0)])
        sizes = [part.stop - part.start for part in parts]
        chunk, ts = np.repeat(np.array(list(chunks.values()), np.int64), sizes), self.ts[here]
        columns = {name: array[here] for name, array in self.columns.items()}
        found: list[tuple[int, list[Column]]] = []
        for mask, ret in ((columns["defined"], columns["ret"][columns["defined"]]), (~columns["defined"], None)):
            label, barrier = (columns[name][mask].astype(np.int16) for name in ("label", "barrier"))
            given = [chunk[mask], ts[mask], columns["defined"][mask], label, ret, columns["end_ts"][mask], barrier]
            found.append((int(mask.sum()), given))
        return found


def bytes_of(ts: NDArray[np.datetime64], columns: Columns) -> dict[str, NDArray[Any]]:
    """The arrays that are hashed, by name in order: times as microseconds, one kind of NaN."""
    arrays = {**columns, "ts": ts.astype(np.int64), "end_ts": columns["end_ts"].astype(np.int64)}
    arrays["ret"] = np.where(np.isnan(columns["ret"]), np.nan, columns["ret"])
    return {name: np.ascontiguousarray(arrays[name]) for name in sorted(arrays)}


def content_hash(raw: Mapping[str, NDArray[Any]], part: slice) -> str:
    """That of ``hash_arrays`` over some rows of what ``bytes_of`` gave."""
    digest = hashlib.sha256()
    for head, array in zip(_heads(part.stop - part.start), raw.values(), strict=True):
        digest.update(head)
        digest.update(array[part].data)
    return digest.hexdigest()


@cache
def _heads(rows: int) -> tuple[bytes, ...]:
    kinds = {name: np.dtype(np.int64 if dtype.startswith("datetime") else dtype) for name, dtype in COLUMNS.items()}
    kinds["ts"] = np.dtype(np.int64)
    return tuple(array_head(name, kinds[name], (rows,), rows * kinds[name].itemsize) for name in sorted(kinds))
