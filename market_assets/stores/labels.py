"""Label rows by snapshot, experiment and symbol: written by months, each stored once, and read back verified."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import polars as pl
import psycopg
from numpy.typing import NDArray

from market_assets.core.identifiers import check_name
from market_assets.stores.blocks import BlockTable, times_of
from market_assets.stores.chunk_ledger import record, verify
from market_assets.stores.chunk_lookup import beginnings, known_chunks, leading
from market_assets.stores.chunk_read import changed, held_chunks, in_order
from market_assets.stores.chunk_sweep import Unheld, sweep, sweep_all, unheld
from market_assets.stores.chunk_table import NOTHING, Beginning, Place, Stored
from market_assets.stores.copy import copy_rows
from market_assets.stores.database import Database
from market_assets.stores.label_chunks import CHUNKS, COLUMNS, Block, Months, bytes_of, content_hash

TABLE = BlockTable(rows="label", blocks="label_block", axis="experiment")
_ROWS = f"SELECT chunk, ts, {', '.join(COLUMNS)} FROM label_row WHERE chunk = ANY($1::bigint[])"
_ADD_BLOCK = """
INSERT INTO label_block (snapshot_id, experiment, symbol, fingerprint, rows, content_hash, chunks)
VALUES (%s, %s, %s, %s, %s, %s, %s)
"""


@dataclass(frozen=True)
class LabelStore:
    """Derived rows: one fingerprint a block says what they were made from.

    A month of labels is stored once for all snapshots that have it, so a snapshot that adds a month of bars to another
    one costs the rows of that month, and of those whose labels had not ended.
    """

    database: Database

    def write(
        self, snapshot_id: str, experiment: str, fingerprint: str | Mapping[str, str], symbols: Mapping[str, Block]
    ) -> dict[str, str]:
        """Store the blocks that are not there yet, and of their months those that are not, in one transaction.

        A block whose fingerprint is stored is left alone; one with another fingerprint is replaced, and chunks that no
        block holds after that are deleted.

        Parameters
        ----------
        fingerprint : of every block, or by symbol.
        symbols : by symbol, times (n,) and the columns of ``COLUMNS``, each (n,).

        Returns
        -------
        content hash by symbol, of all blocks given.
        """
        wanted = {symbol: fingerprint if isinstance(fingerprint, str) else fingerprint[symbol] for symbol in symbols}
        months = {symbol: Months.of(*block) for symbol, block in symbols.items()}
        with self.database.transaction() as connection:
            TABLE.lock(connection, check_name(experiment))
            before = _stored(connection, experiment, months)
            missing, replaced = TABLE.missing(connection, check_name(snapshot_id), experiment, wanted)
            if missing:
                begun = {symbol: (before[symbol], months[symbol]) for symbol in missing}
                chunks = _add(connection, experiment, begun)
                blocks = []
                for symbol in missing:
                    held = np.array([one.chunk for one in chunks[symbol]], np.int64)
                    rows = len(months[symbol].ts)
                    key = (snapshot_id, experiment, symbol, wanted[symbol], rows, months[symbol].content_hash)
                    blocks.append((*key, np.concatenate([before[symbol].chunks, held])))
                with connection.cursor() as cursor:
                    cursor.executemany(_ADD_BLOCK, blocks)
            if replaced:
                sweep(connection, CHUNKS, experiment)
        return {symbol: one.content_hash for symbol, one in months.items()}

    def unheld(self) -> Unheld:
        """Count the chunks that no block holds: those of blocks that were deleted, not replaced."""
        return unheld(self.database, CHUNKS)

    def sweep(self) -> Unheld:
        """Delete the chunks that no block holds; how many there were."""
        return sweep_all(self.database, CHUNKS, TABLE)

    def fingerprints(self, snapshot_id: str, experiment: str) -> dict[str, str]:
        """Fingerprint of every stored block, by symbol."""
        return TABLE.fingerprints(self.database, snapshot_id, experiment)

    def read(self, snapshot_id: str, experiment: str, symbols: Sequence[str]) -> dict[str, NDArray[Any]]:
        """Return ``COLUMNS`` and ``ts`` of all rows of ``symbols``, sorted by symbol and ts.

        Raises
        ------
        BadInputError
            rule ``missing_block``.
        IntegrityError
            when rows do not match their content hash.
        """
        with self.database.reading() as frame:
            blocks = TABLE.manifest(frame, snapshot_id, experiment, symbols, "symbol, rows, content_hash")
            chunks = held_chunks(frame, CHUNKS, snapshot_id, experiment, blocks)
            rows = frame(_ROWS, ([str(chunk) for chunk in chunks["chunk"]],))
        keys = in_order(chunks, rows)
        rows = rows[keys["row"]].with_columns(pl.col("ret").fill_null(float("nan")))
        columns: dict[str, NDArray[Any]] = {
            name: rows[name].to_numpy() for name in ("defined", "label", "ret", "barrier")
        }
        columns |= {name: times_of(rows[name]) for name in ("ts", "end_ts")}
        columns = {name: array.astype(COLUMNS.get(name, array.dtype)) for name, array in columns.items()}
        raw = bytes_of(columns["ts"], {name: columns[name] for name in COLUMNS})
        edges = np.searchsorted(keys["place"].to_numpy(), np.arange(len(chunks) + 1))
        expected = chunks.select("symbol", "content_hash").iter_rows()
        for (low, high), (symbol, digest) in zip(pairwise(edges.tolist()), expected, strict=True):
            if content_hash(raw, slice(low, high)) != digest:
                raise changed(CHUNKS, experiment, symbol)
        return columns


def _stored(connection: psycopg.Connection, experiment: str, months: Mapping[str, Months]) -> dict[str, Beginning]:
    """The stored months that every symbol begins with."""
    counts = {symbol: len(one.entries) for symbol, one in months.items()}
    held = leading(connection, CHUNKS, experiment, counts, lambda symbol, i: months[symbol].entries[i].key)
    places = {symbol: Place(n, months[symbol].entries[n - 1].key) for symbol, n in held.items() if n}
    return dict.fromkeys(months, NOTHING) | beginnings(connection, CHUNKS, experiment, places)


def _add(
    connection: psycopg.Connection, experiment: str, symbols: Mapping[str, tuple[Beginning, Months]]
) -> dict[str, tuple[Stored, ...]]:
    """Write the months that are not stored, with two COPYs, and count the rows; all after the beginning, by symbol."""
    given = {symbol: (begin, one.entries[len(begin.chunks) :]) for symbol, (begin, one) in symbols.items()}
    keys = ((symbol, entry.key) for symbol, (_, entries) in given.items() for entry in entries)
    known = known_chunks(connection, CHUNKS, experiment, keys)
    found = record(connection, CHUNKS, experiment, given, known)
    parts, written = [], dict[int, int]()
    for symbol, (begin, months) in symbols.items():
        numbers = enumerate(found[symbol], start=len(begin.chunks))
        fresh = {number: one.chunk for number, one in numbers if months.entries[number].key not in known}
        parts += [(n, [symbol, *columns]) for n, columns in months.rows(fresh)]
        written.update({chunk: months.entries[number].rows for number, chunk in fresh.items()})
    copy_rows(connection, "label_row", ("symbol", "chunk", "ts", *COLUMNS), parts)
    verify(connection, CHUNKS, written)
    return found
