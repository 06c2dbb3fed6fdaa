"""Champion history: one append-only row a step, and its replay."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from psycopg.errors import UniqueViolation
from psycopg.rows import tuple_row

from market_assets.core.errors import MarketAssetsError

if TYPE_CHECKING:
    from psycopg import Connection

_COLUMNS = "slot, sequence, model_version, predecessor, kind, decision, at"


class PromotionConflict(MarketAssetsError):
    """The champion is another one than the caller has seen; read it again and decide anew."""

    def __init__(self, slot: str, expected: str | None, found: str | None) -> None:
        self.slot = slot
        self.expected = expected
        self.found = found
        super().__init__(f"{slot}: expected champion {expected or 'none'}, found {found or 'none'}")


@dataclass(frozen=True)
class Champion:
    """One step of a slot: who became champion, whom it replaced, and the decision that allowed it."""

    slot: str
    sequence: int
    model_version: str
    predecessor: str | None
    kind: str
    decision: int
    at: datetime

    def subject(self) -> dict[str, Any]:
        """Return the step as the subject of an audit row."""
        payload = asdict(self)
        del payload["at"]  # the audit row has its own time
        return payload


def current(connection: Connection[Any], slot: str) -> Champion | None:
    """Return the last step of a slot."""
    row = (
        connection.cursor(row_factory=tuple_row)
        .execute(f"SELECT {_COLUMNS} FROM champion_history WHERE slot = %s ORDER BY sequence DESC LIMIT 1", (slot,))
        .fetchone()
    )
    return Champion(*row) if row else None


def history(connection: Connection[Any], slot: str) -> list[Champion]:
    """All steps of a slot, oldest first."""
    rows = connection.cursor(row_factory=tuple_row).execute(
        f"SELECT {_COLUMNS} FROM champion_history WHERE slot = %s ORDER BY sequence", (slot,)
    )
    return [Champion(*row) for row in rows.fetchall()]


def insert_step(
    connection: Connection[Any],
    slot: str,
    head: Champion | None,
    model_version: str,
    kind: str,
    decision: int,
    at: datetime,
) -> Champion:
    """Add the step after ``head``; of several contenders for one sequence number the primary key lets one pass."""
    step = Champion(
        slot=slot,
        sequence=head.sequence + 1 if head else 1,
        model_version=model_version,
        predecessor=head.model_version if head else None,
        kind=kind,
        decision=decision,
        at=at,
    )
    try:
        connection.execute(
            f"INSERT INTO champion_history ({_COLUMNS}, previous_sequence) VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
            (slot, step.sequence, model_version, step.predecessor, kind, decision, at, head.sequence if head else None),
        )
    except UniqueViolation as error:
        raise PromotionConflict(slot, step.predecessor, "another promotion of the same step") from error
    return step


def violations(steps: Sequence[Champion]) -> list[str]:
    """Replay a history: each step must follow the one before it and name its champion as predecessor."""
    found = []
    champion: str | None = None
    for expected, step in enumerate(steps, start=1):
        if step.sequence != expected:
            found.append(f"step {expected}: sequence {step.sequence}")
        if step.predecessor != champion:
            found.append(f"step {expected}: predecessor {step.predecessor}, champion before it {champion}")
        champion = step.model_version
    return found
