"""Chunks that no block holds any more: counted, and deleted."""

from __future__ import annotations

from dataclasses import dataclass

import psycopg

from market_assets.stores.blocks import BlockTable
from market_assets.stores.chunk_table import ChunkTable
from market_assets.stores.database import Database

_NOT_HELD = """
FROM {chunk} c WHERE NOT EXISTS (
    SELECT FROM {block} b CROSS JOIN unnest(b.chunks) AS used (chunk)
    WHERE b.{axis} = c.{axis} AND used.chunk = c.chunk)
"""
_UNHELD = f"SELECT count(*), coalesce(sum(rows), 0) {_NOT_HELD}"
_NAMES = "SELECT DISTINCT {axis} FROM {chunk} ORDER BY {axis}"
_SWEEP = f"""
WITH gone AS (DELETE {_NOT_HELD} AND c.{{axis}} = %s RETURNING chunk, rows),
    swept AS (DELETE FROM {{row}} r USING gone WHERE r.chunk = gone.chunk)
SELECT count(*), coalesce(sum(rows), 0) FROM gone
"""


@dataclass(frozen=True)
class Unheld:
    """Chunks that no block holds, and their rows."""

    chunks: int = 0
    rows: int = 0

    def __add__(self, other: Unheld) -> Unheld:
        return Unheld(self.chunks + other.chunks, self.rows + other.rows)


def unheld(database: Database, table: ChunkTable) -> Unheld:
    """Count the chunks that no block holds."""
    with database.transaction() as connection:
        return _found(connection.execute(table.named(_UNHELD)))


def sweep(connection: psycopg.Connection, table: ChunkTable, name: str) -> Unheld:
    """Delete the chunks of a family or experiment that no block holds any more; the caller has locked it."""
    return _found(connection.execute(table.named(_SWEEP), (name,)))


def sweep_all(database: Database, table: ChunkTable, blocks: BlockTable) -> Unheld:
    """Delete every chunk that no block holds; how many there were.

    A family or experiment at a time, behind the lock of its writers: a block that is being written may name a chunk
    that no other one holds, and is waited for.
    """
    found = Unheld()
    with database.transaction() as connection:
        names = [name for (name,) in connection.execute(table.named(_NAMES))]
    for name in names:
        with database.transaction() as connection:
            blocks.lock(connection, name)
            found += sweep(connection, table, name)
    return found


def _found(cursor: psycopg.Cursor) -> Unheld:
    return Unheld(*(int(value) for value in cursor.fetchall()[0]))
