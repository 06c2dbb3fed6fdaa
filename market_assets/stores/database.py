"""One PostgreSQL database: transactions through psycopg, frames through ADBC."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

import adbc_driver_manager
import polars as pl
import psycopg
import pyarrow as pa
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from market_assets.core.errors import ServiceUnavailableError
from market_assets.services.health import CONNECT_SECONDS, explain_postgres, plain_url, role_of, where_is
from market_assets.stores.copy import register_arrays
from market_assets.stores.readers import give, take

Frame = Callable[..., pl.DataFrame]
_GONE = ("08", "57P", "53")  # connection lost, server going down, out of disk, memory or connections


@dataclass(frozen=True)
class Database:
    """A database by URL. Holds no connection, so it can be shared by threads and sent to processes."""

    url: str = field(repr=False)

    def __repr__(self) -> str:
        return f"Database({where_is(self.url)} as {role_of(self.url)})"

    @contextmanager
    def transaction(self) -> Iterator[psycopg.Connection]:
        """One connection, one transaction: committed at the end of the block, rolled back on any error.

        Raises
        ------
        ServiceUnavailableError
            when the server cannot be reached, goes away, or has no room left; nothing was stored then,
            unless the connection was lost during the commit itself, so callers write idempotently.
        """
        try:
            connection = psycopg.connect(_conninfo(self.url))
        except psycopg.OperationalError as error:
            raise explain_postgres(self.url, error) from None
        register_arrays(connection)
        try:
            with connection:
                yield connection
        except psycopg.OperationalError as error:
            if connection.broken or (error.sqlstate or "08").startswith(_GONE):
                raise explain_postgres(self.url, error) from error
            raise

    @contextmanager
    def reading(self) -> Iterator[Frame]:
        """Yield ``frame(sql, params)`` whose calls all see one state of the database."""
        address = plain_url(self.url)
        try:
            connection = take(address)
        except adbc_driver_manager.Error as error:
            raise explain_postgres(self.url, error) from None
        with ExitStack() as stack:
            stack.callback(give, address, connection)
            cursor = stack.enter_context(connection.cursor())

            def frame(sql: str, params: Sequence[Any] = ()) -> pl.DataFrame:
                try:
                    cursor.execute(sql, bind(params) if params else None)
                    return cast(pl.DataFrame, pl.from_arrow(cursor.fetch_arrow_table()))
                except adbc_driver_manager.OperationalError as error:
                    if (error.sqlstate or "08").startswith(_GONE):
                        raise explain_postgres(self.url, error) from error
                    raise

            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield frame

    def frame(self, sql: str, params: Sequence[Any] = ()) -> pl.DataFrame:
        """Run one query with bound parameters ``$1, $2, ...`` and return a polars frame."""
        with self.reading() as frame:
            return frame(sql, params)

    def timescaledb(self) -> str | None:
        """Version of TimescaleDB in this database, None when it is not there. Probed, never assumed."""
        with self.transaction() as connection:
            row = connection.execute("SELECT extversion FROM pg_extension WHERE extname = 'timescaledb'").fetchone()
        return row[0] if row else None


def _conninfo(url: str) -> str:
    """Whatever the server's zone is, times come back in UTC; other options of the URL stay."""
    given = conninfo_to_dict(plain_url(url))
    options = f"{given.pop('options', None) or ''} -c timezone=UTC".strip()
    return make_conninfo("", **{"connect_timeout": CONNECT_SECONDS, **given}, options=options)


def bind(params: Sequence[Any]) -> pa.RecordBatch:
    """One row of typed parameters for ADBC; lists are lists of text."""
    arrays = []
    for value in params:
        if isinstance(value, datetime):
            if value.tzinfo is None:
                raise ValueError(f"time without zone as a parameter: {value}")
            arrays.append(pa.array([value], pa.timestamp("us", "UTC")))
        elif isinstance(value, (list, tuple)):
            arrays.append(pa.array([list(value)], pa.list_(pa.string())))
        else:
            arrays.append(pa.array([value]))
    return pa.RecordBatch.from_arrays(arrays, names=[str(number) for number in range(len(arrays))])


def unavailable(where: str, error: OSError) -> ServiceUnavailableError:
    """A storage error with the path it happened at, such as a full disk."""
    return ServiceUnavailableError(f"cannot write {where}: {error.strerror or error}; free space or check the path")
