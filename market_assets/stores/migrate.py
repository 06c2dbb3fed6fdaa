"""Numbered SQL files, applied once each, in order, by the owner, in one transaction."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psycopg

from market_assets.core.errors import IntegrityError
from market_assets.core.identity import sha256_hex
from market_assets.stores.database import Database

FOLDER = Path(__file__).parent / "migrations"
_FILE = re.compile(r"(\d{4})_[a-z0-9_]+\.sql")
_LEDGER = """
CREATE TABLE IF NOT EXISTS schema_migration (
    number integer PRIMARY KEY,
    name text NOT NULL UNIQUE,
    checksum text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
)
"""


@dataclass(frozen=True)
class Migration:
    """One file: number and text; the checksum tells whether it was changed after it was applied."""

    number: int
    name: str
    text: str

    @property
    def checksum(self) -> str:
        return sha256_hex(self.text.encode())


def migrations(folder: Path = FOLDER) -> tuple[Migration, ...]:
    """Read the files of ``folder``, in order.

    Raises
    ------
    IntegrityError
        for a file name out of form, or a number used twice.
    """
    found = []
    for path in sorted(folder.glob("*.sql")):
        match = _FILE.fullmatch(path.name)
        if match is None:
            raise IntegrityError(f"migration {path.name}: the name must be NNNN_what_it_does.sql")
        found.append(Migration(int(match[1]), path.name, path.read_text(encoding="utf-8")))
    numbers = [migration.number for migration in found]
    if len(set(numbers)) != len(numbers):
        raise IntegrityError(f"migrations share a number: {', '.join(item.name for item in found)}")
    return tuple(found)


def migrate(owner_url: str, files: Sequence[Migration] | None = None) -> tuple[str, ...]:
    """Apply what is missing, all or nothing; several callers at once wait for each other.

    Returns
    -------
    names of the migrations applied now; empty when everything was there.

    Raises
    ------
    IntegrityError
        when an applied file was changed or removed since.
    ServiceUnavailableError
        when the database cannot be reached.
    """
    wanted = migrations() if files is None else tuple(files)
    with Database(owner_url).transaction() as connection:
        connection.execute("SELECT pg_advisory_xact_lock(hashtextextended('market_assets.migrate', 0))")
        connection.execute(_LEDGER)
        missing = _missing(connection, wanted)
        for migration in missing:
            connection.execute(migration.text)  # type: ignore[arg-type]  # our own files
            connection.execute(
                "INSERT INTO schema_migration (number, name, checksum) VALUES (%s, %s, %s)",
                (migration.number, migration.name, migration.checksum),
            )
    return tuple(migration.name for migration in missing)


def _missing(connection: psycopg.Connection, wanted: Sequence[Migration]) -> list[Migration]:
    known = {item.number: item for item in wanted}
    applied = connection.execute("SELECT number, name, checksum FROM schema_migration ORDER BY number").fetchall()
    for number, name, checksum in applied:
        if number not in known or known[number].checksum != checksum:
            raise IntegrityError(
                f"migration {name} was changed or removed after it was applied; restore the file and add a new one"
            )
    return [item for item in wanted if item.number not in {number for number, _, _ in applied}]
