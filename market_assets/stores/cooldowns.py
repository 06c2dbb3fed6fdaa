"""Cooldowns: who may act again, decided in PostgreSQL."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from market_assets.core.identifiers import check_name
from market_assets.stores.database import Database

_ACQUIRE = """
INSERT INTO cooldown (name, acquired_at) VALUES (%(name)s, %(now)s)
ON CONFLICT (name) DO UPDATE SET acquired_at = EXCLUDED.acquired_at
WHERE cooldown.acquired_at + %(wait)s <= EXCLUDED.acquired_at
RETURNING name
"""


@dataclass(frozen=True)
class CooldownStore:
    """One row a name, changed by one statement, so that of many callers one wins."""

    database: Database

    def try_acquire(self, name: str, seconds: float, now: datetime) -> bool:
        """Take the turn of ``name`` unless the last one was less than ``seconds`` ago.

        A clock that jumped back only makes the wait longer.
        """
        bound = {"name": _check(name), "now": now, "wait": timedelta(seconds=seconds)}
        with self.database.transaction() as connection:
            return connection.execute(_ACQUIRE, bound).fetchone() is not None

    def acquired_at(self, name: str) -> datetime | None:
        """When the turn of ``name`` was last taken."""
        with self.database.transaction() as connection:
            row = connection.execute("SELECT acquired_at FROM cooldown WHERE name = %s", (_check(name),)).fetchone()
        return row[0] if row else None


def _check(name: str) -> str:
    """Names joined by colons, such as ``cooldown:retrain:direction_daily``."""
    for part in name.split(":"):
        check_name(part)
    return name
