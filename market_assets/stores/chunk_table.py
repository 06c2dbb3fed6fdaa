"""Derived rows that snapshots share: blocks are made of chunks, and a chunk is stored once for all that hold it.

The key of a chunk stands for all rows of its symbol up to its last, and so does ``until_hash``. A block that holds a
chunk in a place therefore holds the same chunks before it as any other block does: one key answers for a whole
beginning, and a block that adds a month to another one costs that month.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from psycopg import sql


@dataclass(frozen=True)
class ChunkTable:
    """Names of the tables of one kind of rows.

    Parameters
    ----------
    rows : what the rows are, such as ``feature``; the tables are ``feature_row``, ``feature_chunk``, ``feature_block``.
    axis : column of chunks and blocks that tells families or experiments apart.
    """

    rows: str
    axis: str

    def named(self, command: str) -> sql.Composed:
        """A command of ours with {row}, {chunk}, {block} and {axis} filled in; other parameters are bound."""
        tables = {part: sql.Identifier(f"{self.rows}_{part}") for part in ("row", "chunk", "block")}
        template = sql.SQL(command)  # type: ignore[arg-type]  # constants of this package
        return template.format(axis=sql.Identifier(self.axis), **tables)


class Place(NamedTuple):
    """A chunk of a symbol: how many there are up to and with it, and its key."""

    number: int
    key: str


class Entry(NamedTuple):
    """A chunk to record: key, first and last time, rows, and content hash of its rows alone."""

    key: str
    first: np.datetime64
    last: np.datetime64
    rows: int
    content_hash: str


class Stored(NamedTuple):
    """A chunk of the store: its number there, and rows and content hash of all rows up to its last."""

    chunk: int
    until_rows: int
    until_hash: str


@dataclass(frozen=True, eq=False)
class Beginning:
    """Stored chunks that come first in a block, shape (n,), and the last of them; None = there are none."""

    chunks: NDArray[np.int64]
    last: Stored | None


NOTHING = Beginning(np.empty(0, np.int64), None)


def block_hash(hashes: Iterable[str], before: str = "") -> str:
    """Content hash of a block from those of its chunks, in the order of time: each is joined to what came before.

    So the hash of a longer block follows from that of its beginning, ``before``.
    """
    for content_hash in hashes:
        before = hashlib.sha256((before + content_hash).encode()).hexdigest()
    return before or hashlib.sha256(b"").hexdigest()
