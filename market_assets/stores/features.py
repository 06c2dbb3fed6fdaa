"""Feature rows by snapshot, family and symbol: written by chunks, each stored once, and read back verified."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import polars as pl
from numpy.typing import NDArray

from market_assets.core.errors import IntegrityError
from market_assets.core.identifiers import check_name
from market_assets.stores.blocks import BlockTable, times_of
from market_assets.stores.database import Database, Frame
from market_assets.stores.feature_chunks import (
    Chunked,
    ContentHash,
    add_chunks,
    block_hash,
    known_chunks,
    micros_of,
    sweep,
)
from market_assets.stores.recent import Recent

TABLE = BlockTable(rows="feature", blocks="feature_block", axis="family")
Block = tuple[NDArray[np.datetime64], NDArray[np.float64]]
_ADD_BLOCK = """
INSERT INTO feature_block (snapshot_id, family, symbol, version, names, fingerprint, rows, content_hash, chunks)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)
"""
_CHUNKS = """
SELECT b.symbol, c.chunk, c.rows, c.content_hash
FROM feature_block b CROSS JOIN unnest(b.chunks) WITH ORDINALITY AS held (chunk, place)
JOIN feature_chunk c ON c.chunk = held.chunk
WHERE b.snapshot_id = $1 AND b.family = $2 AND b.symbol = ANY($3)
ORDER BY b.symbol, held.place
"""
_ROWS = 'SELECT chunk, ts, "values" FROM feature_row WHERE chunk = ANY($1::bigint[])'
READ_BYTES = 64 * 2**20
WRITE_BYTES = 128 * 2**20
"""Values that are read at a time, and that a caller should give at a time."""


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


_KEPT: Recent[FeatureFrame] = Recent(keep=4)
"""Frames as written in this process, by content hash: the stage that reads them next need not ask for the rows."""
_KEPT_BYTES = WRITE_BYTES


@dataclass(frozen=True)
class FeatureStore:
    """Derived rows: one fingerprint a block says what they were made from, and so does the key of each of its chunks.

    A chunk is stored once for all snapshots that hold it, so a snapshot that adds a month of bars to another one costs
    the rows of that month.
    """

    database: Database

    def stored_chunks(self, family: str, keys: Sequence[str]) -> set[str]:
        """Those of ``keys`` whose chunks are stored."""
        with self.database.transaction() as connection:
            return set(known_chunks(connection, check_name(family), keys))

    def write(
        self,
        snapshot_id: str,
        family: str,
        version: str,
        names: Sequence[str],
        fingerprint: str | Mapping[str, str],
        symbols: Mapping[str, Chunked],
    ) -> dict[str, str]:
        """Store the blocks that are not there yet, and of their chunks those that are not, in one transaction.

        A block whose fingerprint is stored is left alone; one with another fingerprint is replaced, and chunks that no
        block holds after that are deleted.

        Parameters
        ----------
        fingerprint : of every block, or by symbol.
        symbols : the rows of every symbol, cut into chunks.

        Returns
        -------
        content hash by symbol, of the blocks written now.

        Raises
        ------
        IntegrityError
            when a chunk that counts as stored is not there; nothing was stored then.
        """
        wanted = {symbol: fingerprint if isinstance(fingerprint, str) else fingerprint[symbol] for symbol in symbols}
        given = {symbol: _checked(symbol, names, item) for symbol, item in symbols.items()}
        with self.database.transaction() as connection:
            TABLE.lock(connection, check_name(family))
            missing, replaced = TABLE.missing(connection, check_name(snapshot_id), family, wanted)
            if not missing:
                return {}
            keys = [key for symbol in missing for key in (*given[symbol].stored, *given[symbol].keys)]
            known = known_chunks(connection, family, keys)
            fresh = {symbol: given[symbol].without(known) for symbol in missing}
            known |= add_chunks(connection, family, names, fresh)
            blocks, hashes = [], {}
            for symbol in missing:
                item = given[symbol]
                if gone := [key for key in item.stored if key not in known]:
                    raise IntegrityError(
                        f"features of {symbol} ({family}): chunk {gone[0][:12]} is not stored; run again"
                    )
                held = [known[key] for key in (*item.stored, *item.keys)]
                rows, hashes[symbol] = sum(one.rows for one in held), block_hash([one.content_hash for one in held])
                chunks = np.array([one.chunk for one in held], np.int64)
                key = (snapshot_id, family, symbol, version, list(names), wanted[symbol])
                blocks.append((*key, rows, hashes[symbol], chunks))
            with connection.cursor() as cursor:
                cursor.executemany(_ADD_BLOCK, blocks)
            if replaced:
                sweep(connection, family)
        if len(missing) == len(given) and not any(item.stored for item in given.values()):
            _keep(tuple(names), {symbol: (item.ts, item.values) for symbol, item in given.items()}, hashes)
        return hashes

    def fingerprints(self, snapshot_id: str, family: str) -> dict[str, str]:
        """Fingerprint of every stored block, by symbol."""
        return TABLE.fingerprints(self.database, snapshot_id, family)

    def read(self, snapshot_id: str, family: str, symbols: Sequence[str]) -> FeatureFrame:
        """Return the rows of ``symbols``, all from one state of the database, read ``READ_BYTES`` at a time.

        Rows that this process has written are taken from memory when the stored content hashes are still theirs.

        Raises
        ------
        BadInputError
            rule ``missing_block``.
        IntegrityError
            when rows do not match their content hash, or blocks of different versions would be mixed.
        """
        with self.database.reading() as frame:
            columns = "symbol, version, names, rows, content_hash"
            blocks = TABLE.manifest(frame, snapshot_id, family, symbols, columns)
            if blocks.select("version", "names").n_unique() > 1:
                raise IntegrityError(
                    f"features of {family} in {snapshot_id} mix versions; materialize all symbols again"
                )
            order = tuple(blocks["symbol"])
            names = tuple(blocks["names"][0]) if order else ()
            if (kept := _KEPT.find((names, order, tuple(blocks["content_hash"])))) is not None:
                return kept
            chunks = frame(_CHUNKS, (snapshot_id, family, list(order)))
            offsets = np.concatenate([[0], np.cumsum(blocks["rows"].to_numpy())]).astype(np.int64)
            held = chunks.group_by("symbol").agg(pl.col("rows").sum(), pl.col("content_hash").str.join(""))
            _check_blocks(family, blocks, held)
            ts = np.empty(offsets[-1], "datetime64[us]")
            values = np.empty((offsets[-1], len(names)))
            low = 0
            for part in _batches(chunks, len(names)):
                high = low + int(part["rows"].sum())
                ts[low:high], values[low:high] = _read_chunks(frame, family, names, part)
                low = high
        return FeatureFrame(names, order, offsets, ts, values)


def _check_blocks(family: str, blocks: pl.DataFrame, held: pl.DataFrame) -> None:
    """Compare rows and content hash of every block with those of the chunks it names."""
    found = {symbol: (rows, hashes) for symbol, rows, hashes in held.iter_rows()}
    for symbol, rows, content_hash in blocks.select("symbol", "rows", "content_hash").iter_rows():
        count, hashes = found.get(symbol, (0, ""))
        if (count, block_hash([hashes])) != (rows, content_hash):
            raise _changed(family, symbol)


def _changed(family: str, symbol: str) -> IntegrityError:
    return IntegrityError(
        f"feature rows of {symbol} ({family}) do not match their content hash: changed in the database; "
        "delete the block and materialize it again"
    )


def _batches(chunks: pl.DataFrame, width: int) -> Iterator[pl.DataFrame]:
    """Runs of chunks of about ``READ_BYTES`` of values."""
    size = chunks["rows"].to_numpy() * 8 * max(width, 1)
    edges = np.flatnonzero(np.diff(np.cumsum(size) // READ_BYTES, prepend=-1, append=-1))
    for low, high in pairwise(edges.tolist()):
        yield chunks[low:high]


def _read_chunks(frame: Frame, family: str, names: Sequence[str], chunks: pl.DataFrame) -> Block:
    """Rows of some chunks, in their order and that of time, verified."""
    rows = frame(_ROWS, ([str(chunk) for chunk in chunks["chunk"]],))
    places = chunks.select("chunk", place=pl.int_range(pl.len()))
    keys = rows.select("chunk", "ts", row=pl.int_range(pl.len())).join(places, on="chunk").sort("place", "ts")
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
            raise _changed(family, symbol)
    return ts, values


def _keep(names: tuple[str, ...], blocks: Mapping[str, Block], hashes: Mapping[str, str]) -> None:
    """Keep the frame that reading these blocks would give, unless it is large."""
    order = tuple(sorted(blocks))
    if not order or sum(blocks[name][1].nbytes for name in order) > _KEPT_BYTES:
        return

    def frame() -> FeatureFrame:
        ts = np.concatenate([blocks[name][0] for name in order])
        values = np.concatenate([blocks[name][1] for name in order])
        ts.flags.writeable = values.flags.writeable = False
        offsets = np.cumsum([0, *(len(blocks[name][0]) for name in order)]).astype(np.int64)
        return FeatureFrame(names, order, offsets, ts, values)

    _KEPT.get((names, order, tuple(hashes[name] for name in order)), frame)


def _checked(symbol: str, names: Sequence[str], item: Chunked) -> Chunked:
    """The rows with times in microseconds and one kind of NaN, contiguous."""
    ts, values = item.ts, item.values
    if values.shape != (len(ts), len(names)) or sum(item.sizes) != len(ts):
        raise ValueError(f"features of {symbol}: shape {values.shape}, expected {(sum(item.sizes), len(names))}")
    if np.isinf(values).any():
        name = names[int(np.argwhere(np.isinf(values))[0, 1])]
        raise ValueError(f"features of {symbol}: {name} is infinite; undefined is NaN")
    values = np.ascontiguousarray(np.where(np.isnan(values), np.nan, values), dtype=np.float64)
    return replace(item, ts=ts.astype("datetime64[us]"), values=values)
