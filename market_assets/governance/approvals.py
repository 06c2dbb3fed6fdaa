"""The human checkpoint: a named reviewer's word on a decision of the promotion gate."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from psycopg.errors import UniqueViolation
from psycopg.rows import tuple_row

from market_assets.core.errors import BadInputError
from market_assets.core.identifiers import check_name
from market_assets.governance.registry import NotPromotableError

if TYPE_CHECKING:
    from psycopg import Connection

    from market_assets.governance.audit import AuditLog
    from market_assets.stores.database import Database

_PASSED = """
SELECT d.decision, a.reviewer, a.note, a.at FROM promotion_decision d LEFT JOIN approval a USING (decision)
WHERE d.slot = %s AND d.model_version = %s AND d.promoted ORDER BY d.decision DESC LIMIT 1
"""


@dataclass(frozen=True)
class Approval:
    """Who let which decision pass, why and when."""

    decision: int
    slot: str
    model_version: str
    reviewer: str
    note: str
    at: datetime


class Approvals:
    """Approvals over PostgreSQL; append-only, each with its audit row in the same transaction."""

    def __init__(self, database: Database, audit: AuditLog) -> None:
        self._database = database
        self._audit = audit

    def find(self, slot: str, model_version: str) -> Approval | None:
        """The approval of the newest passing decision on a version; an approval of an older one counts no more."""
        with self._database.transaction() as connection:
            row = _newest(connection, slot, model_version)
        return None if row is None or row[1] is None else Approval(row[0], slot, model_version, *row[1:])

    def approve(self, slot: str, model_version: str, reviewer: str, note: str, at: datetime) -> Approval:
        """Approve the newest passing decision on a version; approving it again changes nothing.

        Raises
        ------
        BadInputError
            rule ``approval``: no reviewer or no note.
        NotPromotableError
            when the gate never promoted the version: nobody can approve a refusal.
        """
        check_name(slot)
        if not reviewer.strip() or not note.strip():
            raise BadInputError("approval", "an approval needs the reviewer's name and a note that says why")
        with self._database.transaction() as connection:
            row = _newest(connection, slot, model_version)
            if row is None:
                raise NotPromotableError(
                    f"no gate decision has promoted {model_version} for {slot}; nothing to approve"
                )
            if row[1] is not None:
                return Approval(row[0], slot, model_version, *row[1:])
            given = Approval(row[0], slot, model_version, reviewer.strip(), note.strip(), at)
            try:
                connection.execute(
                    "INSERT INTO approval (decision, slot, model_version, reviewer, note, at) "
                    "VALUES (%s, %s, %s, %s, %s, %s)",
                    (given.decision, slot, model_version, given.reviewer, given.note, at),
                )
            except UniqueViolation as error:
                raise NotPromotableError(
                    f"decision {given.decision} was approved a moment ago; read it again"
                ) from error
            subject = {
                "decision": given.decision,
                "slot": slot,
                "model_version": model_version,
                "note": given.note,
            }
            record = self._audit.append_within(connection, "approval", subject, given.reviewer, at)
        self._audit.anchor_row(record)
        return given


def _newest(connection: Connection[Any], slot: str, model_version: str) -> tuple[Any, ...] | None:
    """Newest passing decision on a version, with its approval where there is one."""
    return connection.cursor(row_factory=tuple_row).execute(_PASSED, (slot, model_version)).fetchone()
