"""What derived rows share: a block a symbol with fingerprint and content hash."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
import psycopg
from numpy.typing import NDArray
from psycopg import sql

from market_assets.core.errors import BadInputError, IntegrityError
from market_assets.core.identifiers import check_name, check_symbol
from market_assets.stores.database import Database, Frame


@dataclass(frozen=True)
class BlockTable:
    """A table of derived rows, its table of blocks, and the column that tells families or experiments apart."""

    rows: str
    blocks: str
    axis: str

    def fingerprints(self, database: Database, snapshot_id: str, name: str) -> dict[str, str]:
        """Fingerprint of every stored block, by symbol."""
        with database.transaction() as connection:
            return self._stored(connection, check_name(snapshot_id), check_name(name))

    def claim(
        self, connection: psycopg.Connection, snapshot_id: str, name: str, wanted: Mapping[str, str]
    ) -> list[str]:
        """Lock the blocks of ``name``, drop those with another fingerprint and their rows; the symbols to write."""
        self.lock(connection, f"{check_name(snapshot_id)}/{check_name(name)}")
        missing, replaced = self.missing(connection, snapshot_id, name, wanted)
        if replaced:
            self._delete(connection, self.rows, snapshot_id, name, replaced)
        return missing

    def lock(self, connection: psycopg.Connection, what: str) -> None:
        """Let no other writer of ``what`` in until the transaction ends."""
        connection.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (f"{self.rows}/{what}",))

    def missing(
        self, connection: psycopg.Connection, snapshot_id: str, name: str, wanted: Mapping[str, str]
    ) -> tuple[list[str], list[str]]:
        """Symbols whose block is not stored with the wanted fingerprint, sorted; and those whose block was dropped."""
        for symbol in wanted:
            check_symbol(symbol)
        stored = self._stored(connection, snapshot_id, name)
        missing = sorted(symbol for symbol in wanted if stored.get(symbol) != wanted[symbol])
        if replaced := [symbol for symbol in missing if symbol in stored]:
            self._delete(connection, self.blocks, snapshot_id, name, replaced)
        return missing, replaced

    def _delete(
        self, connection: psycopg.Connection, table: str, snapshot_id: str, name: str, symbols: list[str]
    ) -> None:
        command = sql.SQL("DELETE FROM {} WHERE snapshot_id = %s AND {} = %s AND symbol = ANY(%s)")
        connection.execute(self._named(command, table), (snapshot_id, name, symbols))

    def verify(self, connection: psycopg.Connection, snapshot_id: str, name: str, expected: Mapping[str, int]) -> None:
        """Count the rows just written, in the writing transaction.

        Raises
        ------
        IntegrityError
            when a symbol has another number of rows than was written; nothing is committed then.
        """
        command = sql.SQL(
            "SELECT symbol, count(*) FROM {} WHERE snapshot_id = %s AND {} = %s AND symbol = ANY(%s) GROUP BY symbol"
        )
        found = dict(
            connection.execute(self._named(command, self.rows), (snapshot_id, name, list(expected))).fetchall()
        )
        wrong = sorted(symbol for symbol, rows in expected.items() if found.get(symbol, 0) != rows)
        if wrong:
            raise IntegrityError(f"{self.rows} rows of {wrong[0]} ({name}): wrote {expected[wrong[0]]}, found {found}")

    def manifest(self, frame: Frame, snapshot_id: str, name: str, symbols: Sequence[str], columns: str) -> pl.DataFrame:
        """Blocks of ``symbols``, sorted by symbol.

        Raises
        ------
        BadInputError
            rule ``missing_block``: a symbol was never written.
        """
        wanted = sorted({check_symbol(symbol) for symbol in symbols})
        blocks = frame(
            f"SELECT {columns} FROM {self.blocks} WHERE snapshot_id = $1 AND {self.axis} = $2 AND symbol = ANY($3)",
            (check_name(snapshot_id), check_name(name), wanted),
        ).sort("symbol")
        if absent := sorted(set(wanted) - set(blocks["symbol"])):
            raise BadInputError(
                "missing_block",
                f"{self.rows}s of {name} in snapshot {snapshot_id} are not stored for {', '.join(absent)}; "
                "materialize them first",
            )
        return blocks

    def check(self, name: str, blocks: pl.DataFrame, found: Iterable[tuple[str, str]]) -> None:
        """Compare content hashes of the rows read, by symbol, with those of the blocks.

        Raises
        ------
        IntegrityError
            naming the first symbol whose rows were changed.
        """
        stored = dict(zip(blocks["symbol"], blocks["content_hash"], strict=True))
        for symbol, digest in found:
            if stored[symbol] != digest:
                raise IntegrityError(
                    f"{self.rows} rows of {symbol} ({name}) do not match their content hash: changed in the database; "
                    "delete the block and materialize it again"
                )

    def _stored(self, connection: psycopg.Connection, snapshot_id: str, name: str) -> dict[str, str]:
        command = sql.SQL("SELECT symbol, fingerprint FROM {} WHERE snapshot_id = %s AND {} = %s ORDER BY symbol")
        return dict(connection.execute(self._named(command, self.blocks), (snapshot_id, name)).fetchall())

    def _named(self, command: sql.SQL, table: str) -> sql.Composed:
        return command.format(sql.Identifier(table), sql.Identifier(self.axis))


def offsets_of(rows: pl.DataFrame, symbols: Sequence[str]) -> NDArray[np.int64]:
    """Where the rows of each of ``symbols`` begin in rows sorted by symbol; shape (len(symbols) + 1,)."""
    counts = dict(rows.group_by("symbol").len().iter_rows())
    return np.concatenate([[0], np.cumsum([counts.get(symbol, 0) for symbol in symbols])]).astype(np.int64)


def times_of(series: pl.Series) -> NDArray[np.datetime64]:
    """Naive UTC microseconds of a time column."""
    return series.dt.replace_time_zone(None).to_numpy().astype("datetime64[us]")
