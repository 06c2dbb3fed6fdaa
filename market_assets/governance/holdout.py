"""One-touch holdout: a range that the training role cannot read, opened once a candidate by the owner, and audited."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import polars as pl
from psycopg import errors
from psycopg.rows import tuple_row

from market_assets.core.errors import BadInputError, MarketAssetsError
from market_assets.core.identifiers import check_name

if TYPE_CHECKING:
    from market_assets.governance.audit import AuditLog
    from market_assets.stores.database import Database


class HoldoutSpentError(MarketAssetsError):
    """A candidate asks for a holdout that it has been held against already; there is no second look."""


@dataclass(frozen=True)
class Seal:
    """Bars from ``from_ts`` (included) to ``until_ts`` (excluded) under one name."""

    name: str
    from_ts: datetime
    until_ts: datetime


class Holdouts:
    """Seals and openings over PostgreSQL.

    Parameters
    ----------
    database : with the application role: it seals, and sees no sealed bar.
    audit : every seal, opening and refused opening is a row.
    """

    def __init__(self, database: Database, audit: AuditLog) -> None:
        self._database = database
        self._audit = audit

    def seal(self, seal: Seal, actor: str, at: datetime) -> None:
        """Seal a range; from now on the application role neither reads nor adds bars in it.

        Raises
        ------
        BadInputError
            rule ``holdout``: the name is taken, the range is empty, or a snapshot has seen bars of it.
        """
        check_name(seal.name)
        subject = {"seal": seal.name, "from": seal.from_ts.isoformat(), "until": seal.until_ts.isoformat()}
        try:
            with self._database.transaction() as connection:
                connection.execute(
                    "INSERT INTO holdout_seal (name, from_ts, until_ts) VALUES (%s, %s, %s)",
                    (seal.name, seal.from_ts, seal.until_ts),
                )
                row = self._audit.append_within(connection, "holdout_sealed", subject, actor, at)
        except (errors.CheckViolation, errors.UniqueViolation) as error:
            raise BadInputError("holdout", error.diag.message_primary or "the range cannot be sealed") from error
        self._audit.anchor_row(row)

    def seals(self) -> list[Seal]:
        """All seals, the earliest range first."""
        query = "SELECT name, from_ts, until_ts FROM holdout_seal ORDER BY from_ts, name"
        with self._database.transaction() as connection:
            rows = connection.cursor(row_factory=tuple_row).execute(query).fetchall()
        return [Seal(*row) for row in rows]

    def find(self, name: str) -> Seal:
        """The seal of a name.

        Raises
        ------
        BadInputError
            rule ``holdout``: nothing is sealed under it.
        """
        for seal in self.seals():
            if seal.name == check_name(name):
                return seal
        raise BadInputError("holdout", f"no holdout is sealed as {name}; market-assets seal makes one")

    def open(self, owner: Database, name: str, model_version: str, actor: str, at: datetime) -> pl.DataFrame:
        """Bars of all symbols up to the end of the range, every version of each, in the columns of the table ``bar``.

        The opening and its audit row commit together. A second opening by the same candidate is refused by the
        database, and the attempt is audited.

        Parameters
        ----------
        owner : the database with the owner's role, which no training process has.

        Raises
        ------
        HoldoutSpentError
            when this candidate has opened this holdout before.
        BadInputError
            rule ``holdout``: no such seal, or the candidate is not registered.
        """
        self.find(name)
        subject = {"seal": name, "model_version": model_version}
        try:
            with owner.transaction() as connection:
                cursor = connection.cursor(row_factory=tuple_row)
                cursor.execute("SELECT * FROM open_holdout(%s, %s)", (name, model_version))
                columns = [column.name for column in cursor.description or ()]
                rows = cursor.fetchall()
                row = self._audit.append_within(connection, "holdout_opened", subject, actor, at)
        except errors.UniqueViolation as error:
            self._audit.append("holdout_refused", subject, actor, at)
            raise HoldoutSpentError(f"{model_version} was held against {name} before: no second look") from error
        except errors.ForeignKeyViolation as error:
            raise BadInputError("holdout", f"{model_version} is not a registered model version") from error
        self._audit.anchor_row(row)
        return pl.DataFrame(rows, schema=columns, orient="row", infer_schema_length=None)
