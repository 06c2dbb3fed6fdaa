"""The symbol register: versions are added, never changed; retiring is a tombstone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import psycopg

from market_assets.core.errors import BadInputError
from market_assets.core.identifiers import check_symbol
from market_assets.core.identity import canonical_json
from market_assets.core.market.symbols import SymbolRecord
from market_assets.stores.database import Database

_CURRENT = """
SELECT DISTINCT ON (symbol) symbol, sector, kind, calendar, "interval", source, retired_because, version
FROM symbol_version {} ORDER BY symbol, version DESC
"""


@dataclass(frozen=True)
class RegisteredSymbol(SymbolRecord):
    """A symbol and where its bars come from.

    Parameters
    ----------
    source : JSON config that ``open_source`` rebuilds the source from.
    retired_because : the tombstone's text; None while the symbol is in use.
    """

    source: dict[str, Any] = field(default_factory=dict, hash=False)
    retired_because: str | None = None

    @staticmethod
    def of(record: SymbolRecord, source: dict[str, Any]) -> RegisteredSymbol:
        """A record of a source, with the config that opens that source."""
        return RegisteredSymbol(record.symbol, record.sector, record.kind, record.calendar, record.interval, source)

    @property
    def retired(self) -> bool:
        return self.retired_because is not None


@dataclass(frozen=True)
class SymbolStore:
    """Who is registered, from which source."""

    database: Database

    def register(self, records: Sequence[RegisteredSymbol]) -> list[str]:
        """Add symbols; one that is known with other particulars or source gets a new version.

        Returns
        -------
        the symbols that were not known before.

        Raises
        ------
        BadInputError
            rules ``symbol_retired`` (a retired name is never used again) and ``symbol_twice``; nothing is stored then.
        """
        names = [record.symbol for record in records]
        if len(set(names)) != len(names):
            raise BadInputError("symbol_twice", f"named twice: {sorted({n for n in names if names.count(n) > 1})}")
        with self.database.transaction() as connection:
            lock_register(connection)
            known = _current(connection, names)
            if retired := sorted(name for name, (record, _) in known.items() if record.retired):
                raise BadInputError("symbol_retired", f"{', '.join(retired)}: retired symbols are never used again")
            changed = [
                (record, known[record.symbol][1] + 1 if record.symbol in known else 1)
                for record in records
                if record.symbol not in known or known[record.symbol][0] != record
            ]
            _append(connection, changed)
        return [name for name in names if name not in known]

    def get(self, symbol: str) -> RegisteredSymbol:
        """Return one symbol, retired or not.

        Raises
        ------
        BadInputError
            rule ``unknown_symbol``.
        """
        with self.database.transaction() as connection:
            found = _current(connection, [check_symbol(symbol)])
        if symbol not in found:
            raise BadInputError("unknown_symbol", f"{symbol} is not registered; register it from a source first")
        return found[symbol][0]

    def all(self, include_retired: bool = False) -> tuple[RegisteredSymbol, ...]:
        """Return all symbols, by name."""
        with self.database.transaction() as connection:
            found = _current(connection, None)
        return tuple(record for record, _ in found.values() if include_retired or not record.retired)

    def retire(self, symbol: str, reason: str) -> None:
        """Put up a tombstone; bars and history stay.

        Raises
        ------
        BadInputError
            rules ``unknown_symbol``, ``symbol_retired`` (already) and ``retire_reason`` (empty).
        """
        if not reason.strip():
            raise BadInputError("retire_reason", f"{symbol}: say why it is retired")
        with self.database.transaction() as connection:
            lock_register(connection)
            found = _current(connection, [check_symbol(symbol)])
            if symbol not in found:
                raise BadInputError("unknown_symbol", f"{symbol} is not registered")
            record, version = found[symbol]
            if record.retired:
                raise BadInputError("symbol_retired", f"{symbol} is already retired: {record.retired_because}")
            _append(connection, [(record, version + 1)], reason.strip())


def lock_register(connection: psycopg.Connection) -> None:
    """Serialise changes of the register until the transaction ends."""
    connection.execute("SELECT pg_advisory_xact_lock(hashtextextended('market_assets.symbols', 0))")


def _current(connection: psycopg.Connection, names: list[str] | None) -> dict[str, tuple[RegisteredSymbol, int]]:
    where = "" if names is None else "WHERE symbol = ANY(%s)"
    rows = connection.execute(_CURRENT.format(where), None if names is None else (names,))  # type: ignore[arg-type]
    return {row[0]: (RegisteredSymbol(*row[:7]), row[7]) for row in rows}


def _append(
    connection: psycopg.Connection, records: Sequence[tuple[RegisteredSymbol, int]], reason: str | None = None
) -> None:
    statement = """
        INSERT INTO symbol_version (symbol, version, sector, kind, calendar, "interval", source, retired_because)
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
    """
    with connection.cursor() as cursor:
        for item, version in records:
            source = canonical_json(item.source).decode()
            particulars = (item.sector, item.kind, item.calendar, item.interval)
            cursor.execute(statement, (item.symbol, version, *particulars, source, reason))
