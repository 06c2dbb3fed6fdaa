"""Feature rows as they are read: blocks by their chunks, some at a time, every hash compared."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import polars as pl
from numpy.typing import NDArray

from market_assets.core.errors import IntegrityError
from market_assets.stores.blocks import times_of
from market_assets.stores.chunk_read import changed, held_chunks, in_order
from market_assets.stores.database import Frame
from market_assets.stores.feature_chunks import CHUNKS, ContentHash, micros_of

Block = tuple[NDArray[np.datetime64], NDArray[np.float64]]
_ROWS = 'SELECT chunk, ts, "values" FROM feature_row WHERE chunk = ANY($1::bigint[])'
READ_BYTES = 64 * 2**20
"""Values that are read at a time."""


@dataclass(frozen=True, eq=False)
class FeatureFrame:
    """Features of several symbols, sorted by symbol and ts.

    Rows of ``symbols[i]`` are ``offsets[i]:offsets[i + 1]``; ``values`` has shape (n_rows, len(names)), NaN = not
    yet defined.
    """

    names: tuple[str, ...]
    symbols: tuple[str, ...]
    offsets: NDArray[np.int64]
    ts: NDArray[np.datetime64]
    values: NDArray[np.float64]

    def block(self, symbol: str) -> Block:
        """Times and values of one symbol."""
        index = self.symbols.index(symbol)
        part = slice(int(self.offsets[index]), int(self.offsets[index + 1]))
        return self.ts[part], self.values[part]


def names_of(family: str, snapshot_id: str, blocks: pl.DataFrame) -> tuple[str, ...]:
    """Names of the columns of blocks that are read together; none where there is no block.

    Raises
    ------
    IntegrityError
        when blocks of different versions would be mixed.
    """
    if blocks.select("version", "names").n_unique() > 1:
        raise IntegrityError(f"features of {family} in {snapshot_id} mix versions; materialize all symbols again")
    return tuple(blocks["names"][0]) if blocks.height else ()


def read_blocks(
    frame: Frame, snapshot_id: str, family: str, names: tuple[str, ...], blocks: pl.DataFrame
) -> FeatureFrame:
    """Rows of the blocks, sorted by symbol and ts, ``READ_BYTES`` at a time.

    Parameters
    ----------
    blocks : as ``held_chunks`` takes them.

    Raises
    ------
    IntegrityError
        when rows do not match their content hash.
    """
    order = tuple(blocks["symbol"])
    chunks = held_chunks(frame, CHUNKS, snapshot_id, family, blocks)
    offsets = np.concatenate([[0], np.cumsum(blocks["rows"].to_numpy())]).astype(np.int64)
    ts = np.empty(offsets[-1], "datetime64[us]")
    values = np.empty((offsets[-1], len(names)))
    low = 0
    for part in _batches(chunks, len(names)):
        high = low + int(part["rows"].sum())
        ts[low:high], values[low:high] = _read_chunks(frame, family, names, part)
        low = high
    return FeatureFrame(names, order, offsets, ts, values)


def _batches(chunks: pl.DataFrame, width: int) -> Iterator[pl.DataFrame]:
    """Runs of chunks of about ``READ_BYTES`` of values."""
    size = chunks["rows"].to_numpy() * 8 * max(width, 1)
    edges = np.flatnonzero(np.diff(np.cumsum(size) // READ_BYTES, prepend=-1, append=-1))
    for low, high in pairwise(edges.tolist()):
        yield chunks[low:high]


def _read_chunks(frame: Frame, family: str, names: Sequence[str], chunks: pl.DataFrame) -> Block:
    """Rows of some chunks, in their order and that of time, verified."""
    rows = frame(_ROWS, ([str(chunk) for chunk in chunks["chunk"]],))
    keys = in_order(chunks, rows)
    flat = rows["values"].explode(empty_as_null=False, keep_nulls=False).to_numpy()
    if flat.size != rows.height * len(names):
        raise IntegrityError(f"features of {family}: rows of another width than {len(names)}")
    values = flat.reshape(rows.height, len(names))
    order = keys["row"].to_numpy()
    if not np.array_equal(order, np.arange(len(order))):
        values = values[order]
    ts, content_hash = times_of(keys["ts"]), ContentHash(names)
    micros = micros_of(ts)
    edges = np.searchsorted(keys["place"].to_numpy(), np.arange(len(chunks) + 1))
    expected = chunks.select("symbol", "content_hash").iter_rows()
    for (low, high), (symbol, digest) in zip(pairwise(edges.tolist()), expected, strict=True):
        if content_hash(micros[low:high], values[low:high]) != digest:
            raise changed(CHUNKS, family, symbol)
    return ts, values
