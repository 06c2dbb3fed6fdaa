"""Bitemporal bars: appended, revised by newer rows, read as of a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from zlib import crc32

import numpy as np
import polars as pl
import psycopg

from market_assets.core.errors import BadInputError, IntegrityError
from market_assets.core.identifiers import check_symbol
from market_assets.core.market.panel import BAR_SCHEMA, VALUE_COLUMNS
from market_assets.stores.copy import Column, copy_rows
from market_assets.stores.database import Database
from market_assets.stores.sealed import sealed_named

INTERVAL = "1d"
_LOCK, _LOCKS = 6_262_772, 512  # our own number space of advisory locks
_VALUES = ", ".join(VALUE_COLUMNS)
_SAME = "({}) IS NOT DISTINCT FROM ({})".format(
    ", ".join(f"a.{name}" for name in VALUE_COLUMNS), ", ".join(f"b.{name}" for name in VALUE_COLUMNS)
)
_AS_OF = f"""
SELECT DISTINCT ON (symbol, ts) symbol, ts, known_at, {_VALUES} FROM bar
WHERE "interval" = $1 AND ts <= $2 AND known_at <= $2 {{symbols}}
ORDER BY symbol, ts, known_at DESC
"""


@dataclass(frozen=True)
class AppendResult:
    """What one batch did: rows that are new bars, rows already there, and rows that revise a bar."""

    inserted: int
    unchanged: int
    revised: int


@dataclass(frozen=True)
class BarStore:
    """The one place where market data lives."""

    database: Database

    def append(self, frame: pl.DataFrame, learned_at: datetime, *, rehearse: bool = False) -> AppendResult:
        """Store bars; the same batch again changes nothing.

        A row without ``known_at`` counts as known when the bar closed, if it is the first of its bar. If the bar is
        there with other values, the row is a revision, known at ``learned_at``. A declared ``known_at`` is kept.
        Concurrent appends of a symbol wait for each other; a failure leaves the store as it was.

        Parameters
        ----------
        frame : columns of ``BAR_SCHEMA``; ``known_at`` may be null.
        learned_at : now, with zone.
        rehearse : do everything but store it: the same result, the same errors, and the store as it was.

        Raises
        ------
        BadInputError
            rules ``bar_duplicate``, ``bar_known_at`` (before the close or in the future), ``bar_conflict`` (another
            value with the same ``known_at``), ``bar_revision_order`` (a revision learned before what it revises),
            ``bar_value`` (not finite, or a null), ``bar_sealed`` (a bar of a sealed holdout).
        """
        batch = _checked(frame, learned_at)
        if batch.is_empty():
            return AppendResult(0, 0, 0)
        bounds = {"interval": INTERVAL, "low": batch["ts"].min(), "high": batch["ts"].max(), "now": learned_at}
        with sealed_named("bar_sealed", "bars"), self.database.transaction() as connection:
            _lock(connection, batch["symbol"].unique().to_list())
            _stage(connection, batch)
            known_before = _count(connection, _KNOWN_BARS, bounds)
            written = connection.execute(_INSERT_DECLARED, bounds).rowcount
            connection.execute(_RESOLVE, bounds)
            _refuse_late_revisions(connection, bounds)
            written += connection.execute(_INSERT_RESOLVED, bounds).rowcount
            _verify(connection, batch, bounds)
            if rehearse:
                connection.rollback()
        inserted = batch.select("symbol", "ts").n_unique() - known_before
        return AppendResult(inserted, batch.height - written, written - inserted)

    def as_of(self, as_of: datetime, symbols: Sequence[str] | None = None) -> pl.DataFrame:
        """Return what was known at ``as_of``: the latest version of every bar that had closed by then.

        Returns
        -------
        frame with ``BAR_SCHEMA``, sorted by symbol and ts.
        """
        params: list[object] = [INTERVAL, as_of]
        if symbols is not None:
            params.append([check_symbol(symbol) for symbol in symbols])
        query = _AS_OF.format(symbols="" if symbols is None else "AND symbol = ANY($3)")
        return self.database.frame(query, params).cast(BAR_SCHEMA)  # type: ignore[arg-type]

    def last_ts(self) -> dict[str, datetime]:
        """Close of the latest bar of every symbol."""
        with self.database.transaction() as connection:
            query = 'SELECT symbol, max(ts) FROM bar WHERE "interval" = %s GROUP BY symbol'
            return dict(connection.execute(query, (INTERVAL,)).fetchall())


_KNOWN_BARS = """
SELECT count(*) FROM (SELECT DISTINCT symbol, ts FROM stage) s WHERE EXISTS (
    SELECT FROM bar b WHERE b.symbol = s.symbol AND b.ts = s.ts
    AND b."interval" = %(interval)s AND b.ts BETWEEN %(low)s AND %(high)s)
"""
_INSERT_DECLARED = f"""
INSERT INTO bar (symbol, "interval", ts, known_at, {_VALUES})
SELECT symbol, %(interval)s, ts, known_at, {_VALUES} FROM stage s
WHERE known_at IS NOT NULL AND NOT EXISTS (
    SELECT FROM bar b WHERE b.symbol = s.symbol AND b.ts = s.ts AND b.known_at = s.known_at
    AND b."interval" = %(interval)s AND b.ts BETWEEN %(low)s AND %(high)s)
"""
# what the store holds last of each bar that the batch brings without known_at
_RESOLVE = f"""
CREATE TEMPORARY TABLE resolved ON COMMIT DROP AS
SELECT a.*, b.known_at AS previous, COALESCE({_SAME}, FALSE) AND b.known_at IS NOT NULL AS same
FROM stage a LEFT JOIN (
    SELECT DISTINCT ON (b.symbol, b.ts) b.* FROM bar b JOIN stage s ON b.symbol = s.symbol AND b.ts = s.ts
    WHERE s.known_at IS NULL AND b."interval" = %(interval)s AND b.ts BETWEEN %(low)s AND %(high)s
    ORDER BY b.symbol, b.ts, b.known_at DESC
) b ON b.symbol = a.symbol AND b.ts = a.ts
WHERE a.known_at IS NULL
"""
_LATE = """
SELECT symbol, ts, previous FROM resolved WHERE NOT same AND previous >= %(now)s ORDER BY symbol, ts LIMIT 1
"""
_INSERT_RESOLVED = f"""
INSERT INTO bar (symbol, "interval", ts, known_at, {_VALUES})
SELECT symbol, %(interval)s, ts, CASE WHEN previous IS NULL THEN ts ELSE %(now)s END, {_VALUES}
FROM resolved WHERE NOT same
"""
# every row of the batch must be in the store now, under the very key and with the values it was written with
_PRESENT = f"""
SELECT count(*) FROM (
    SELECT symbol, ts, known_at, {_VALUES} FROM stage WHERE known_at IS NOT NULL
    UNION ALL
    SELECT symbol, ts, CASE WHEN previous IS NULL THEN ts WHEN same THEN previous ELSE %(now)s END, {_VALUES}
    FROM resolved
) a JOIN bar b ON b.symbol = a.symbol AND b.ts = a.ts AND b.known_at = a.known_at
WHERE b."interval" = %(interval)s AND b.ts BETWEEN %(low)s AND %(high)s AND {_SAME}
"""
_CONFLICT = f"""
SELECT a.symbol, a.ts FROM stage a JOIN bar b ON b.symbol = a.symbol AND b.ts = a.ts AND b.known_at = a.known_at
WHERE b."interval" = %(interval)s AND b.ts BETWEEN %(low)s AND %(high)s AND NOT ({_SAME})
ORDER BY a.symbol, a.ts LIMIT 1
"""


def _checked(frame: pl.DataFrame, learned_at: datetime) -> pl.DataFrame:
    if learned_at.tzinfo is None:
        raise BadInputError("bar_known_at", f"learned_at {learned_at} has no time zone")
    batch = frame.select(list(BAR_SCHEMA)).cast(BAR_SCHEMA).sort("symbol", "ts")  # type: ignore[arg-type]
    for symbol in batch["symbol"].unique():
        check_symbol(symbol)
    sound = pl.col("ts").is_not_null() & pl.all_horizontal(pl.col(*VALUE_COLUMNS).is_finite().fill_null(False))
    if bad := batch.filter(~sound).rows():
        raise BadInputError("bar_value", f"{_name(bad[0])}: a value is null or not finite")
    if bad := batch.filter(pl.struct("symbol", "ts", "known_at").is_duplicated()).rows():
        raise BadInputError("bar_duplicate", f"{_name(bad[0])}: given twice in one batch")
    if bad := batch.filter(pl.col("known_at") < pl.col("ts")).rows():
        raise BadInputError("bar_known_at", f"{_name(bad[0])}: known_at {bad[0][2]} is before the close")
    latest = pl.max_horizontal("ts", "known_at")
    if bad := batch.filter(latest > learned_at).rows():
        raise BadInputError("bar_known_at", f"{_name(bad[0])}: ts or known_at lies after {learned_at}, in the future")
    return batch


def _name(row: tuple[object, ...]) -> str:
    return f"bar of {row[0]} at {row[1]}"


def _lock(connection: psycopg.Connection, symbols: Sequence[str]) -> None:
    """Serialise appends that share a symbol; a fixed number of locks, taken in one order, so nobody deadlocks."""
    buckets = sorted({crc32(symbol.encode()) % _LOCKS for symbol in symbols})
    connection.execute("SELECT pg_advisory_xact_lock(%s, bucket) FROM unnest(%s::int4[]) AS bucket", (_LOCK, buckets))


def _stage(connection: psycopg.Connection, batch: pl.DataFrame) -> None:
    numbers = ", ".join(f"{name} double precision" for name in VALUE_COLUMNS)
    connection.execute(
        f"CREATE TEMPORARY TABLE stage (symbol text, ts timestamptz, known_at timestamptz, {numbers}) ON COMMIT DROP"
    )
    copy_rows(connection, "stage", batch.columns, _blocks(batch))
    connection.execute("ANALYZE stage")


def _blocks(batch: pl.DataFrame) -> Iterator[tuple[int, list[Column]]]:
    """One block a symbol and per presence of ``known_at``, so that the fields of a block have one width."""
    for (symbol, undeclared), part in batch.group_by("symbol", pl.col("known_at").is_null(), maintain_order=True):
        known_at = None if undeclared else _times(part["known_at"])
        values = [part[name].to_numpy() for name in VALUE_COLUMNS]
        yield part.height, [str(symbol), _times(part["ts"]), known_at, *values]


def _times(series: pl.Series) -> np.ndarray:
    return series.dt.replace_time_zone(None).to_numpy().astype("datetime64[us]")


def _count(connection: psycopg.Connection, query: str, bounds: dict[str, object]) -> int:
    row = connection.execute(query, bounds).fetchone()  # type: ignore[arg-type]
    return int(row[0]) if row else 0


def _refuse_late_revisions(connection: psycopg.Connection, bounds: dict[str, object]) -> None:
    if late := connection.execute(_LATE, bounds).fetchone():
        raise BadInputError(
            "bar_revision_order",
            f"{_name(late)}: revised at {bounds['now']}, but stored as known since {late[2]}; check the clock",
        )


def _verify(connection: psycopg.Connection, batch: pl.DataFrame, bounds: dict[str, object]) -> None:
    """Count the batch's rows in the store, in the writing transaction: no lost row can be committed."""
    present = _count(connection, _PRESENT, bounds)
    if present == batch.height:
        return
    if conflict := connection.execute(_CONFLICT, bounds).fetchone():
        raise BadInputError("bar_conflict", f"{_name(conflict)}: stored with other values under the same known_at")
    raise IntegrityError(f"bars: {batch.height} rows written, {present} found; nothing was stored")
