"""The audit log: appended in one transaction under an advisory lock, its head anchored outside the database."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from psycopg.rows import tuple_row

from market_assets.core.errors import BadInputError, IntegrityError
from market_assets.core.identity import canonical_json
from market_assets.governance.chain import (
    EVENTS,
    GENESIS,
    Anchor,
    AuditRow,
    ChainReport,
    anchor_line,
    parse_anchors,
    row_hash,
    verify,
)

if TYPE_CHECKING:
    from psycopg import Connection

    from market_assets.stores.database import Database

_LOCK = 0x6D61_0001
_COLUMNS = "seq, at, event, actor, subject, previous_hash, row_hash"


class AuditLog:
    """Hash-chained log of what was done to data and models.

    Parameters
    ----------
    database : where the rows live.
    anchor_path : file that notes heads of the chain; it belongs on another volume than the database.
    every : an append whose number is a multiple of this is anchored at once; 1 leaves no window.
    """

    def __init__(self, database: Database, anchor_path: Path, every: int = 1) -> None:
        if every < 1:
            raise ValueError("every must be at least 1")
        self._database = database
        self._anchor_path = Path(anchor_path)
        self._every = every

    def append(self, event: str, subject: Mapping[str, Any], actor: str, at: datetime) -> AuditRow:
        """Add one row and anchor it; returns the row as stored."""
        with self._database.transaction() as connection:
            row = self.append_within(connection, event, subject, actor, at)
        self.anchor_row(row)
        return row

    def append_within(
        self, connection: Connection[Any], event: str, subject: Mapping[str, Any], actor: str, at: datetime
    ) -> AuditRow:
        """Add one row inside the caller's transaction, so that the deed and its record commit together.

        The caller passes the row to :meth:`anchor_row` once its transaction has committed.
        """
        if event not in EVENTS:
            raise BadInputError("audit_event", f"{event!r} is not an audit event; use one of {', '.join(EVENTS)}")
        if not actor or "\x00" in actor:
            raise BadInputError("audit_actor", f"{actor!r} is not an actor; name who or what acts")
        text = canonical_json(dict(subject)).decode()
        at = at.astimezone(UTC) if at.tzinfo else at  # a naive time is refused by the hash function
        cursor = connection.cursor(row_factory=tuple_row)
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
        head = cursor.execute("SELECT seq, row_hash FROM audit_log ORDER BY seq DESC LIMIT 1").fetchone()
        seq, previous = (head[0] + 1, head[1]) if head else (1, GENESIS)
        row = AuditRow(seq, at, event, actor, text, previous, row_hash(seq, at, event, actor, text, previous))
        cursor.execute(
            f"INSERT INTO audit_log ({_COLUMNS}) VALUES (%s, %s, %s, %s, %s, %s, %s)",
            (row.seq, row.at, row.event, row.actor, row.subject, row.previous_hash, row.row_hash),
        )
        return row

    def anchor_row(self, row: AuditRow) -> None:
        """Note a committed row in the anchor file if its number is due."""
        if row.seq % self._every == 0:
            write_anchor(self._anchor_path, Anchor(row.seq, row.row_hash))

    def anchor(self) -> Anchor | None:
        """Note the present head in the anchor file; None when the log is empty.

        Raises
        ------
        IntegrityError
            if the head contradicts the anchors: an altered or restored log is never blessed anew.
        """
        rows = self.rows()
        if not rows:
            return None
        report = verify(rows, self.anchors())
        if not report.intact:
            raise IntegrityError(f"the audit log is not anchored: {report.text}")
        head = Anchor(rows[-1].seq, rows[-1].row_hash)
        if report.tail != "verified":
            write_anchor(self._anchor_path, head)
        return head

    def rows(self, event: str | None = None) -> list[AuditRow]:
        """All rows in the order of the log, or those of one event; times in UTC."""
        query = f"SELECT {_COLUMNS} FROM audit_log WHERE %s::text IS NULL OR event = %s ORDER BY seq"
        with self._database.transaction() as connection:
            found = connection.cursor(row_factory=tuple_row).execute(query, (event, event))
            return [AuditRow(row[0], row[1].astimezone(UTC), *row[2:]) for row in found.fetchall()]

    def anchors(self) -> list[Anchor]:
        """All anchors of the anchor file; none when there is no file."""
        return read_anchors(self._anchor_path)

    def verify(self) -> ChainReport:
        """Check the stored log against its anchors."""
        return verify(self.rows(), self.anchors())


def read_anchors(path: Path) -> list[Anchor]:
    """Read an anchor file; a missing file holds no anchors."""
    try:
        return parse_anchors(path.read_bytes())
    except FileNotFoundError:
        return []


def write_anchor(path: Path, anchor: Anchor) -> None:
    """Append one anchor and wait until it is on disk; a line torn by an earlier crash is cut off first."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX)
        size = os.fstat(fd).st_size
        tail = os.pread(fd, 4096, max(0, size - 4096))
        if tail and not tail.endswith(b"\n"):
            size -= len(tail) - (tail.rfind(b"\n") + 1)
            os.ftruncate(fd, size)
        line = anchor_line(anchor)
        if os.pwrite(fd, line, size) != len(line):
            raise OSError(f"anchor file {path}: the line was written in part only; free disk space and run again")
        os.fsync(fd)
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(folder)  # a new file needs its directory entry on disk as well
        finally:
            os.close(folder)
    finally:
        os.close(fd)
