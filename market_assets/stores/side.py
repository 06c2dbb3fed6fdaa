"""Bitemporal side series: appended, revised by newer rows, read as of a time and up to a row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl
import psycopg
from psycopg import sql

from market_assets.core.errors import BadInputError, IntegrityError
from market_assets.core.identifiers import check_name, check_symbol
from market_assets.core.identity import canonical_json
from market_assets.core.market.side import EVERYONE, LOADED_SCHEMA, SideTable
from market_assets.stores.bars import AppendResult
from market_assets.stores.database import Database
from market_assets.stores.sealed import sealed_named

_KEY = "series, symbol, ts"
_AS_OF = """
SELECT series, symbol, ts, known_at, value FROM side
WHERE ts <= $1 AND known_at <= $1 AND "row" <= $2 AND (symbol = '' OR symbol = ANY($3))
ORDER BY series, symbol, ts, known_at
"""
# a row without known_at: the figure as it came out, the figure that is there already, or a revision learned now
_RESOLVE = """
CREATE TEMPORARY TABLE resolved ON COMMIT DROP AS
SELECT s.series, s.symbol, s.ts, s.value, b.known_at AS previous, s.known_at IS NULL AND b.value <> s.value AS revises,
    COALESCE(s.known_at, CASE WHEN b.ts IS NULL THEN s.due WHEN b.value = s.value THEN b.known_at ELSE %(now)s END)
        AS known_at
FROM stage s LEFT JOIN (
    SELECT DISTINCT ON (b.series, b.symbol, b.ts) b.* FROM side b JOIN stage USING (series, symbol, ts)
    ORDER BY b.series, b.symbol, b.ts, b.known_at DESC
) b USING (series, symbol, ts)
"""
_LATE = f"SELECT {_KEY}, previous FROM resolved WHERE revises AND previous >= %(now)s ORDER BY {_KEY} LIMIT 1"
_INSERT = f"""
INSERT INTO side ({_KEY}, known_at, value)
SELECT {_KEY}, known_at, r.value FROM resolved r LEFT JOIN side b USING ({_KEY}, known_at) WHERE b.value IS NULL
ORDER BY {_KEY}, known_at
"""
_KNOWN = f"SELECT count(DISTINCT ({_KEY})) FROM stage JOIN side USING ({_KEY})"
_PRESENT = "SELECT count(*) FROM resolved r JOIN side b USING (series, symbol, ts, known_at) WHERE b.value = r.value"
_CONFLICT = f"""
SELECT {_KEY} FROM resolved r JOIN side b USING ({_KEY}, known_at) WHERE b.value <> r.value ORDER BY {_KEY} LIMIT 1
"""


@dataclass(frozen=True)
class SideStore:
    """The one place of side series, and of where each comes from."""

    database: Database

    def register(self, series: Sequence[str], source: Mapping[str, Any]) -> None:
        """Say where the named series come from; another source than before is a new version."""
        document = canonical_json(dict(source)).decode()
        known = self.sources()
        with self.database.transaction() as connection:
            _lock(connection)
            for name in series:
                if known.get(check_name(name)) != source:
                    connection.execute(
                        "INSERT INTO side_source (series, version, source) "
                        "SELECT %s, COALESCE(max(version), 0) + 1, %s FROM side_source WHERE series = %s",
                        (name, document, name),
                    )

    def sources(self) -> dict[str, dict[str, Any]]:
        """Source configuration of every registered series, by name."""
        query = "SELECT DISTINCT ON (series) series, source FROM side_source ORDER BY series, version DESC"
        with self.database.transaction() as connection:
            return dict(connection.execute(query).fetchall())

    def append(self, frame: pl.DataFrame, learned_at: datetime, *, rehearse: bool = False) -> AppendResult:
        """Store figures; the same batch again changes nothing.

        A row without ``known_at`` counts as known when it was ``due``, if it is the first of its series, symbol and
        ``ts``. If a figure is there with another value, the row is a revision, known at ``learned_at``. A declared
        ``known_at`` is kept. Concurrent appends wait for each other; a failure leaves the store as it was.

        Parameters
        ----------
        frame : columns of ``LOADED_SCHEMA``. learned_at : now, with zone.
        rehearse : do everything but store it.

        Raises
        ------
        BadInputError
            rules ``side_value`` (null or not finite), ``side_known_at`` (unknown, before ``ts`` or in the future),
            ``side_duplicate``, ``side_conflict`` (another value with the same ``known_at``), ``side_revision_order``
            (a revision learned before what it revises), ``side_sealed`` (about a sealed holdout).
        """
        batch = _checked(frame, learned_at)
        if batch.is_empty():
            return AppendResult(0, 0, 0)
        now = {"now": learned_at}
        with sealed_named("side_sealed", "figures"), self.database.transaction() as connection:
            _lock(connection)
            _stage(connection, batch)
            known_before = _count(connection, _KNOWN)
            connection.execute(_RESOLVE, now)
            if late := connection.execute(_LATE, now).fetchone():
                text = f"{_name(late)}: revised at {learned_at}, but stored as known since {late[3]}; check the clock"
                raise BadInputError("side_revision_order", text)
            written = connection.execute(_INSERT).rowcount
            if _count(connection, _PRESENT) != batch.height:
                if conflict := connection.execute(_CONFLICT).fetchone():
                    text = f"{_name(conflict)}: stored with another value under the same known_at"
                    raise BadInputError("side_conflict", text)
                raise IntegrityError(f"side series: not all of {batch.height} rows are there; nothing was stored")
            if rehearse:
                connection.rollback()
        inserted = batch.select("series", "symbol", "ts").n_unique() - known_before
        return AppendResult(inserted, batch.height - written, written - inserted)

    def counts(self) -> dict[str, int]:
        """Rows of every series."""
        with self.database.transaction() as connection:
            return dict(connection.execute("SELECT series, count(*) FROM side GROUP BY series").fetchall())

    def last_row(self) -> int:
        """Number of the last row that is there; 0 = none."""
        with self.database.transaction() as connection:
            return _count(connection, 'SELECT COALESCE(max("row"), 0) FROM side')

    def as_of(self, as_of: datetime, symbols: Sequence[str], last_row: int) -> SideTable | None:
        """Every version known at ``as_of`` of the figures of the named symbols and of the whole market.

        Parameters
        ----------
        last_row : rows with a larger number were loaded later and are left out.

        Returns
        -------
        None where there are none.
        """
        frame = self.database.frame(_AS_OF, [as_of, last_row, [check_symbol(name) for name in symbols]])
        return None if frame.is_empty() else SideTable.from_frame(frame)


def _checked(frame: pl.DataFrame, learned_at: datetime) -> pl.DataFrame:
    if learned_at.tzinfo is None:
        raise BadInputError("side_known_at", f"learned_at {learned_at} has no time zone")
    batch = frame.select(list(LOADED_SCHEMA)).cast(LOADED_SCHEMA)  # type: ignore[arg-type]
    for series in batch["series"].unique():
        check_name(series)
    for symbol in batch["symbol"].unique():
        if symbol != EVERYONE:
            check_symbol(symbol)
    out = pl.coalesce("known_at", "due")
    rules = {
        "side_value": (~pl.col("value").is_finite() | pl.col("value").is_null(), "the value is null or not finite"),
        "side_known_at": (
            pl.col("ts").is_null() | out.is_null() | (out < pl.col("ts")) | (out > learned_at),
            f"when it was known is not said, lies before the moment it is about, or after {learned_at}",
        ),
        "side_duplicate": (pl.struct("series", "symbol", "ts", "known_at").is_duplicated(), "given twice in one batch"),
    }
    for rule, (bad, text) in rules.items():
        if found := batch.filter(bad.fill_null(value=True)).head(1).rows():
            raise BadInputError(rule, f"{_name(found[0])}: {text}")
    return batch


def _name(row: tuple[Any, ...]) -> str:
    return f"{row[0]} of {row[1] or 'the market'} at {row[2]}"


def _lock(connection: psycopg.Connection) -> None:
    """One append at a time, so that row numbers follow the order of commit."""
    connection.execute("SELECT pg_advisory_xact_lock(hashtextextended('market_assets.side', 0))")


def _stage(connection: psycopg.Connection, batch: pl.DataFrame) -> None:
    connection.execute(
        "CREATE TEMPORARY TABLE stage (series text, symbol text, ts timestamptz, known_at timestamptz, "
        "value double precision, due timestamptz) ON COMMIT DROP"
    )
    columns = sql.SQL(", ").join(map(sql.Identifier, batch.columns))
    command = sql.SQL("COPY stage ({}) FROM STDIN").format(columns)
    with connection.cursor() as cursor, cursor.copy(command) as copy:
        for row in batch.iter_rows():
            copy.write_row(row)
    connection.execute("ANALYZE stage")


def _count(connection: psycopg.Connection, query: str) -> int:
    row = connection.execute(query).fetchone()  # type: ignore[arg-type]
    return int(row[0]) if row else 0
