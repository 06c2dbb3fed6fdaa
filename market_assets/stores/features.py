"""Feature rows by snapshot, family and symbol: written by chunks, each stored once, and read back verified."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from market_assets.core.errors import IntegrityError
from market_assets.core.features.chunks import Chunk
from market_assets.core.identifiers import check_name
from market_assets.stores.blocks import BlockTable
from market_assets.stores.chunk_lookup import known_chunks, leading
from market_assets.stores.chunk_sweep import Unheld, sweep, sweep_all, unheld
from market_assets.stores.database import Database
from market_assets.stores.feature_blocks import Heading, add_blocks, taken_over
from market_assets.stores.feature_chunks import CHUNKS, Chunked, add_chunks
from market_assets.stores.feature_frames import Block, FeatureFrame, names_of, read_blocks
from market_assets.stores.recent import Recent

TABLE = BlockTable(rows="feature", blocks="feature_block", axis="family")
WRITE_BYTES = 128 * 2**20
"""Values that a caller should give at a time."""

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

    def leading(self, family: str, chunks: Mapping[str, Sequence[Chunk]]) -> dict[str, int]:
        """How many chunks from the first on are stored and in a block, by symbol."""
        with self.database.transaction() as connection:
            counts = {symbol: len(found) for symbol, found in chunks.items()}
            return leading(connection, CHUNKS, check_name(family), counts, lambda symbol, i: chunks[symbol][i].key)

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
            before = taken_over(connection, family, given)
            missing, replaced = TABLE.missing(connection, check_name(snapshot_id), family, wanted)
            if not missing:
                return {}
            if gone := [symbol for symbol in missing if symbol not in before]:
                raise IntegrityError(
                    f"features of {gone[0]} ({family}): a chunk that counts as stored is not stored; run again"
                )
            items = {symbol: given[symbol] for symbol in missing}
            keys = ((name, key) for name, item in items.items() for key in item.keys)
            known = known_chunks(connection, CHUNKS, family, keys)
            chunks = add_chunks(connection, family, names, items, before, known)
            blocks = {name: (before[name], chunks[name]) for name in items}
            hashes = add_blocks(connection, Heading(snapshot_id, family, version, tuple(names)), wanted, blocks)
            if replaced:
                sweep(connection, CHUNKS, family)
        if len(missing) == len(given) and not any(item.after for item in given.values()):
            _keep(tuple(names), {symbol: (item.ts, item.values) for symbol, item in given.items()}, hashes)
        return hashes

    def unheld(self) -> Unheld:
        """Count the chunks that no block holds: those of blocks that were deleted, not replaced."""
        return unheld(self.database, CHUNKS)

    def sweep(self) -> Unheld:
        """Delete the chunks that no block holds; how many there were."""
        return sweep_all(self.database, CHUNKS, TABLE)

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
            names = names_of(family, snapshot_id, blocks)
            if (kept := _KEPT.find((names, tuple(blocks["symbol"]), tuple(blocks["content_hash"])))) is not None:
                return kept
            return read_blocks(frame, snapshot_id, family, names, blocks)


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
