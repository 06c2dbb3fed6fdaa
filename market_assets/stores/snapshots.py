"""Snapshot manifests: what a training run is allowed to see, by content hash."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import psycopg

from market_assets.core.errors import BadInputError, IntegrityError
from market_assets.core.identifiers import check_name
from market_assets.stores.database import Database

_COLUMNS = 'snapshot_id, as_of, symbols, first_ts, last_ts, rows, content_hash, "interval", side_row'


@dataclass(frozen=True)
class SnapshotManifest:
    """An as-of read of the bars, named by its content; times are UTC.

    ``side_row`` is the number of the last row of side series that was there: later ones are not in it.
    """

    snapshot_id: str
    as_of: datetime
    symbols: tuple[str, ...]
    first_ts: datetime
    last_ts: datetime
    rows: int
    content_hash: str
    interval: str = "1d"
    side_row: int = 0


@dataclass(frozen=True)
class SnapshotStore:
    """Manifests only; nothing is copied."""

    database: Database

    def put(self, manifest: SnapshotManifest) -> bool:
        """Store a manifest; True = new. The same again changes nothing.

        Raises
        ------
        IntegrityError
            when the id is stored with another content.
        """
        check_name(manifest.snapshot_id)
        item = manifest
        values = (item.snapshot_id, item.as_of, list(item.symbols), item.first_ts, item.last_ts, item.rows)
        with self.database.transaction() as connection:
            new = connection.execute(
                f"INSERT INTO snapshot ({_COLUMNS}) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s) "
                "ON CONFLICT (snapshot_id) DO NOTHING",
                (*values, item.content_hash, item.interval, item.side_row),
            ).rowcount
            stored = _get(connection, item.snapshot_id)
            if stored != manifest:
                raise IntegrityError(
                    f"snapshot {item.snapshot_id} is stored with another content; ids are never reused"
                )
        return new == 1

    def get(self, snapshot_id: str) -> SnapshotManifest:
        """Return one manifest.

        Raises
        ------
        BadInputError
            rule ``unknown_snapshot``.
        """
        with self.database.transaction() as connection:
            found = _get(connection, check_name(snapshot_id))
        if found is None:
            raise BadInputError("unknown_snapshot", f"{snapshot_id} is not a snapshot of this warehouse; cut one first")
        return found

    def list(self) -> tuple[SnapshotManifest, ...]:
        """Return all manifests, by as-of time."""
        with self.database.transaction() as connection:
            rows = connection.execute(f"SELECT {_COLUMNS} FROM snapshot ORDER BY as_of, snapshot_id").fetchall()
        return tuple(_manifest(row) for row in rows)


def _get(connection: psycopg.Connection, snapshot_id: str) -> SnapshotManifest | None:
    row = connection.execute(f"SELECT {_COLUMNS} FROM snapshot WHERE snapshot_id = %s", (snapshot_id,)).fetchone()
    return _manifest(row) if row else None


def _manifest(row: tuple) -> SnapshotManifest:
    return SnapshotManifest(row[0], row[1], tuple(row[2]), *row[3:])
