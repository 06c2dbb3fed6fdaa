"""Target rows by snapshot, target and symbol: a class or a quantity, with its interval; read back verified."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import polars as pl

from market_assets.core.identity import hash_arrays
from market_assets.core.labels.target import Target
from market_assets.stores.blocks import BlockTable, offsets_of, times_of
from market_assets.stores.copy import Column, copy_rows
from market_assets.stores.database import Database

TABLE = BlockTable(rows="target", blocks="target_block", axis="target")
_ROWS = "SELECT symbol, ts, value, end_ts FROM target WHERE snapshot_id = $1 AND target = $2 AND symbol = ANY($3)"
_ADD_BLOCK = """
INSERT INTO target_block (snapshot_id, target, symbol, fingerprint, rows, content_hash)
VALUES (%s, %s, %s, %s, %s, %s)
"""


def block_hash(block: Target) -> str:
    """Content hash of the rows of one symbol."""
    times = {name: getattr(block, name).astype("datetime64[us]").astype(np.int64) for name in ("t0", "t1")}
    return hash_arrays({"value": block.value, **times})


def part_of(target: Target, rows: slice) -> Target:
    """A stretch of rows, such as those of one symbol."""
    return Target(target.defined[rows], target.value[rows], target.t0[rows], target.t1[rows])


@dataclass(frozen=True)
class TargetStore:
    """Derived rows: one fingerprint a block says what they were made from."""

    database: Database

    def write(
        self, snapshot_id: str, name: str, fingerprints: Mapping[str, str], blocks: Mapping[str, Target]
    ) -> dict[str, str]:
        """Store the blocks that are not there yet, in one transaction with one COPY.

        A block whose fingerprint is stored is left alone; one with another fingerprint is replaced.

        Parameters
        ----------
        name : of the target, ``<experiment>.<target>``.
        fingerprints, blocks : by symbol; ``t0`` of a block ascends.

        Returns
        -------
        content hash by symbol, of all blocks given.
        """
        hashes = {symbol: block_hash(block) for symbol, block in blocks.items()}
        with self.database.transaction() as connection:
            missing = TABLE.claim(connection, snapshot_id, name, {symbol: fingerprints[symbol] for symbol in blocks})
            if not missing:
                return hashes
            columns = ("snapshot_id", "target", "symbol", "ts", "value", "end_ts")
            parts = (part for symbol in missing for part in _parts((snapshot_id, name, symbol), blocks[symbol]))
            copy_rows(connection, "target", columns, parts)
            sizes = {symbol: len(blocks[symbol].t0) for symbol in missing}
            with connection.cursor() as cursor:
                rows = [(snapshot_id, name, one, fingerprints[one], sizes[one], hashes[one]) for one in missing]
                cursor.executemany(_ADD_BLOCK, rows)
            TABLE.verify(connection, snapshot_id, name, sizes)
        return hashes

    def fingerprints(self, snapshot_id: str, name: str) -> dict[str, str]:
        """Fingerprint of every stored block, by symbol."""
        return TABLE.fingerprints(self.database, snapshot_id, name)

    def read(self, snapshot_id: str, name: str, symbols: Sequence[str]) -> Target:
        """Return all rows of ``symbols``, sorted by symbol and time.

        Raises
        ------
        BadInputError
            rule ``missing_block``.
        IntegrityError
            when rows do not match their content hash.
        """
        with self.database.reading() as frame:
            blocks = TABLE.manifest(frame, snapshot_id, name, symbols, "symbol, content_hash")
            order = tuple(blocks["symbol"])
            rows = frame(_ROWS, (snapshot_id, name, list(order))).sort("symbol", "ts")
        value = rows["value"].fill_null(float("nan")).cast(pl.Float64).to_numpy()
        found = Target(~np.isnan(value), value, times_of(rows["ts"]), times_of(rows["end_ts"]))
        parts = [part_of(found, slice(low, high)) for low, high in pairwise(offsets_of(rows, order))]
        TABLE.check(name, blocks, ((one, block_hash(part)) for one, part in zip(order, parts, strict=True)))
        return found


def _parts(key: tuple[str, str, str], block: Target) -> Iterator[tuple[int, list[Column]]]:
    """The rows with a value and those without, so that the fields of a part have one width."""
    for mask, value in ((block.defined, block.value[block.defined]), (~block.defined, None)):
        yield int(mask.sum()), [*key, block.t0[mask], value, block.t1[mask]]
