"""The registry: model versions, gate decisions and the champion of each slot, all append-only."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, LiteralString

from psycopg.rows import tuple_row

from market_assets.core.errors import IntegrityError, MarketAssetsError
from market_assets.core.identifiers import check_name
from market_assets.core.identity import canonical_json
from market_assets.governance.champions import Champion, PromotionConflict, current, history, insert_step
from market_assets.governance.manifest import Manifest

if TYPE_CHECKING:
    from psycopg import Connection, Cursor

    from market_assets.governance.audit import AuditLog
    from market_assets.governance.chain import AuditRow
    from market_assets.stores.database import Database


class NotPromotableError(MarketAssetsError):
    """A model version without a passed gate, or one that never was champion, is asked to become champion."""


@dataclass(frozen=True)
class Decision:
    """One answer of the promotion gate; ``model_version`` is None when no candidate was left to name."""

    decision: int
    slot: str
    snapshot_id: str
    model_version: str | None
    promoted: bool
    reasons: Any
    gate_report_hash: str
    at: datetime


class Registry:
    """Registry over PostgreSQL.

    Parameters
    ----------
    database : where the records live.
    audit : when given, every decision, promotion and rollback writes its audit row in the same transaction.
    """

    def __init__(self, database: Database, audit: AuditLog | None = None) -> None:
        self._database = database
        self._audit = audit

    def register(self, manifest: Manifest) -> bool:
        """Record a model version; False when this very manifest is recorded already.

        Raises
        ------
        IntegrityError
            when the version is recorded with another manifest.
        """
        text = manifest.to_bytes().decode()
        row = (
            manifest.model_version,
            manifest.experiment,
            manifest.family,
            manifest.snapshot_id,
            manifest.fingerprint,
            text,
            manifest.digest,
        )
        with self._database.transaction() as connection:
            cursor = connection.cursor(row_factory=tuple_row)
            new = cursor.execute(
                "INSERT INTO model_version (model_version, experiment, family, snapshot_id, fingerprint, manifest, "
                "manifest_hash) VALUES (%s, %s, %s, %s, %s, %s, %s) ON CONFLICT (model_version) DO NOTHING",
                row,
            ).rowcount
            stored = cursor.execute(
                "SELECT manifest FROM model_version WHERE model_version = %s", (manifest.model_version,)
            ).fetchone()
            if stored is None or stored[0] != text:
                raise IntegrityError(f"{manifest.model_version} is registered with another manifest")
        return new == 1

    def find(self, model_version: str) -> Manifest | None:
        """Return the manifest of a model version, None when it is not registered."""
        with self._database.transaction() as connection:
            row = _execute(
                connection,
                "SELECT manifest, manifest_hash FROM model_version WHERE model_version = %s",
                (check_name(model_version),),
            ).fetchone()
        if row is None:
            return None
        manifest = Manifest.from_bytes(row[0].encode())
        if manifest.digest != row[1] or manifest.model_version != model_version:
            raise IntegrityError(f"the registry record of {model_version} does not match its hash")
        return manifest

    def get(self, model_version: str) -> Manifest:
        """Return the manifest of a model version; KeyError when it is not registered."""
        manifest = self.find(model_version)
        if manifest is None:
            raise KeyError(model_version)
        return manifest

    def versions(self) -> list[str]:
        """Names of all registered model versions."""
        with self._database.transaction() as connection:
            rows = _execute(connection, "SELECT model_version FROM model_version ORDER BY model_version", ()).fetchall()
        return [row[0] for row in rows]

    def decide(
        self,
        slot: str,
        snapshot_id: str,
        model_version: str | None,
        promoted: bool,
        reasons: Any,
        gate_report_hash: str,
        at: datetime,
        actor: str = "promotion_gate",
        approval_required: bool = False,
    ) -> Decision:
        """Record the gate's answer, promoted or refused, with every reason (JSON values).

        The model version may be registered later; it can become champion only once it is. Where an approval is
        required, the database takes no champion from this decision before somebody has approved it.
        """
        check_name(slot)
        with self._database.transaction() as connection:
            number = _execute(
                connection,
                "INSERT INTO promotion_decision (slot, snapshot_id, model_version, promoted, reasons, "
                "gate_report_hash, at, approval_required) VALUES (%s, %s, %s, %s, %s, %s, %s, %s) RETURNING decision",
                (
                    slot,
                    snapshot_id,
                    model_version,
                    promoted,
                    canonical_json(reasons).decode(),
                    gate_report_hash,
                    at,
                    approval_required,
                ),
            ).fetchone()
            if number is None:
                raise IntegrityError("the promotion decision was not stored")
            subject = {
                "decision": number[0],
                "slot": slot,
                "snapshot_id": snapshot_id,
                "model_version": model_version,
                "promoted": promoted,
                "gate_report_hash": gate_report_hash,
                "approval_required": approval_required,
            }
            row = self._record(connection, "promotion_decision", subject, actor, at)
        self._anchor(row)
        return Decision(number[0], slot, snapshot_id, model_version, promoted, reasons, gate_report_hash, at)

    def decisions(self, slot: str, snapshot_id: str | None = None) -> list[Decision]:
        """All decisions of a slot, oldest first, of one snapshot where it is given."""
        with self._database.transaction() as connection:
            rows = _execute(
                connection,
                "SELECT decision, slot, snapshot_id, model_version, promoted, reasons, gate_report_hash, at "
                "FROM promotion_decision WHERE slot = %s AND snapshot_id = coalesce(%s, snapshot_id) ORDER BY decision",
                (slot, snapshot_id),
            ).fetchall()
        return [_decision(row) for row in rows]

    def promote(
        self, slot: str, model_version: str, expected_previous: str | None, at: datetime, actor: str = "promotion_gate"
    ) -> Champion:
        """Make a model version the champion of a slot, replacing the champion the caller has seen.

        Asking again for a step that was already taken returns that step, so a lost reply may be retried.

        Raises
        ------
        NotPromotableError
            when no gate decision of this slot has promoted the version, or it is not registered.
        PromotionConflict
            when the champion is not ``expected_previous`` any more, or another promotion won the step.
        """
        check_name(slot)
        with self._database.transaction() as connection:
            head = current(connection, slot)
            if head and head.model_version == model_version and expected_previous in (head.predecessor, model_version):
                return head
            if (head.model_version if head else None) != expected_previous:
                raise PromotionConflict(slot, expected_previous, head.model_version if head else None)
            decision = self._passed(connection, slot, model_version)
            step = insert_step(connection, slot, head, model_version, "promotion", decision, at)
            row = self._record(connection, "promotion", step.subject(), actor, at)
        self._anchor(row)
        return step

    def rollback(
        self,
        slot: str,
        to_version: str,
        at: datetime,
        actor: str = "operator",
        reason: Mapping[str, Any] | None = None,
    ) -> Champion:
        """Make an earlier champion of the slot the champion again; verify its bundle before calling this.

        Raises
        ------
        NotPromotableError
            when the version never was champion of the slot, or is champion now.
        PromotionConflict
            when another step was taken at the same time.
        """
        check_name(slot)
        with self._database.transaction() as connection:
            steps = history(connection, slot)
            if to_version not in {step.model_version for step in steps[:-1]}:
                raise NotPromotableError(f"{to_version} is no earlier champion of {slot}")
            if steps[-1].model_version == to_version:
                raise NotPromotableError(f"{to_version} is the champion of {slot} already")
            decision = self._passed(connection, slot, to_version)
            step = insert_step(connection, slot, steps[-1], to_version, "rollback", decision, at)
            row = self._record(connection, "rollback", {**step.subject(), "reason": dict(reason or {})}, actor, at)
        self._anchor(row)
        return step

    def champion(self, slot: str) -> Champion | None:
        """Return the present champion of a slot."""
        with self._database.transaction() as connection:
            return current(connection, slot)

    def history(self, slot: str) -> list[Champion]:
        """All steps of a slot, oldest first."""
        with self._database.transaction() as connection:
            return history(connection, slot)

    def _passed(self, connection: Connection[Any], slot: str, model_version: str) -> int:
        row = _execute(
            connection,
            "SELECT max(decision), (SELECT count(*) FROM model_version WHERE model_version = %s) "
            "FROM promotion_decision WHERE slot = %s AND model_version = %s AND promoted",
            (model_version, slot, model_version),
        ).fetchone()
        if row is None or row[0] is None:
            raise NotPromotableError(f"no gate decision has promoted {model_version} for {slot}")
        if row[1] == 0:
            raise NotPromotableError(f"{model_version} is not registered; publish its bundle and register it first")
        return row[0]

    def _record(
        self, connection: Connection[Any], event: str, subject: Mapping[str, Any], actor: str, at: datetime
    ) -> AuditRow | None:
        return self._audit.append_within(connection, event, subject, actor, at) if self._audit else None

    def _anchor(self, row: AuditRow | None) -> None:
        if self._audit and row:
            self._audit.anchor_row(row)


def _decision(row: tuple[Any, ...]) -> Decision:
    values = list(row)
    values[5] = json.loads(values[5])
    return Decision(*values)


def _execute(connection: Connection[Any], query: LiteralString, values: tuple[Any, ...]) -> Cursor[Any]:
    return connection.cursor(row_factory=tuple_row).execute(query, values)
