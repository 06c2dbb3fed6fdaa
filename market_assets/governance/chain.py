"""The hash chain of the audit log, as pure functions: rows, row hashes, anchors and their verification."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from market_assets.core.errors import IntegrityError
from market_assets.core.identity import canonical_json, sha256_hex

EVENTS = (
    "snapshot_cut",
    "training_start",
    "training_completion",
    "training_failure",
    "promotion_decision",
    "approval",
    "promotion",
    "refused_attempt",
    "rollback",
    "replay",
    "holdout_sealed",
    "holdout_opened",
    "holdout_refused",
)
GENESIS = "0" * 64
FORMAT = "market-assets-audit-1"
_HEX64 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class AuditRow:
    """One row of the log; ``subject`` is canonical JSON text, ``previous_hash`` the ``row_hash`` of the row before."""

    seq: int
    at: datetime
    event: str
    actor: str
    subject: str
    previous_hash: str
    row_hash: str


@dataclass(frozen=True)
class Anchor:
    """A head of the chain as it was noted outside the database."""

    seq: int
    row_hash: str


@dataclass(frozen=True)
class ChainReport:
    """What verification found.

    Parameters
    ----------
    ok : nothing contradicts the chain **and** its tail is anchored. Never true without an anchor.
    intact : nothing contradicts the chain; a cut tail would go unseen unless ``tail`` is ``"verified"``.
    first_bad_seq : the lowest sequence number with evidence against it.
    tail : ``"verified"`` when the last row is the last anchored one.
    rows, anchors : how many of each were checked.
    text : one sentence for people.
    """

    ok: bool
    intact: bool
    first_bad_seq: int | None
    tail: Literal["verified", "not verified"]
    rows: int
    anchors: int
    text: str


def row_hash(seq: int, at: datetime, event: str, actor: str, subject: str, previous_hash: str) -> str:
    """Hash every column of a row and, through ``previous_hash``, every row before it."""
    return sha256_hex(
        canonical_json(
            {
                "format": FORMAT,
                "seq": seq,
                "at": stamp(at),
                "event": event,
                "actor": actor,
                "subject": subject,
                "previous_hash": previous_hash,
            }
        )
    )


def stamp(at: datetime) -> str:
    """Write a time as UTC with microseconds; a time without a zone is refused with ValueError."""
    if at.tzinfo is None:
        raise ValueError("an audit time needs a time zone")
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def verify(rows: Sequence[AuditRow], anchors: Sequence[Anchor]) -> ChainReport:
    """Check rows, in the order of the log, against their hashes, their links and the outside anchors.

    A chain alone shows that nothing inside it was altered by somebody who did not rebuild it; only the anchors show
    that the end is still there and that the whole was not rebuilt.
    """
    found: list[tuple[int, str]] = []
    previous = GENESIS
    hashes: dict[int, str] = {}
    for expected, row in enumerate(rows, start=1):
        problem = _row_problem(row, expected, previous)
        if problem:
            found.append((expected, problem))
            break  # every later row hangs on this one
        previous = row.row_hash
    for row in rows:
        hashes.setdefault(row.seq, row.row_hash)
    first_missing = next(seq for seq in itertools.count(1) if seq not in hashes)
    for anchor in anchors:
        if anchor.seq not in hashes:
            found.append((first_missing, f"anchored row {anchor.seq} is gone"))
        elif hashes[anchor.seq] != anchor.row_hash:
            found.append((anchor.seq, f"row {anchor.seq} is not the anchored one"))
    first = min(found) if found else None
    last = max((anchor.seq for anchor in anchors), default=0)
    verified = first is None and bool(rows) and last == rows[-1].seq
    if first is not None:
        text = f"the chain is broken at row {first[0]}: {first[1]}"
    elif verified:
        text = f"{len(rows)} rows verified, tail anchored"
    else:
        text = f"{len(rows)} rows are consistent, tail not verified: no anchor beyond row {last}"
    return ChainReport(
        ok=verified,
        intact=first is None,
        first_bad_seq=first[0] if first else None,
        tail="verified" if verified else "not verified",
        rows=len(rows),
        anchors=len(anchors),
        text=text,
    )


def _row_problem(row: AuditRow, expected: int, previous: str) -> str | None:
    if row.seq != expected:
        return f"row {expected} expected, row {row.seq} found"
    if row.previous_hash != previous:
        return "it does not link to the row before"
    wanted = row_hash(row.seq, row.at, row.event, row.actor, row.subject, row.previous_hash)
    return None if row.row_hash == wanted else "its content does not match its hash"


def row_line(row: AuditRow) -> bytes:
    """Write a row as one line of an export."""
    return canonical_json({**row.__dict__, "at": stamp(row.at)}) + b"\n"


def parse_rows(data: bytes) -> list[AuditRow]:
    """Read the lines of an export; anything that is not exactly such a line raises IntegrityError."""
    rows = []
    for number, line in enumerate(_lines(data, "audit export"), start=1):
        record = _record(line, set(AuditRow.__dataclass_fields__), f"audit export line {number}")
        try:
            row = AuditRow(**{**record, "at": datetime.fromisoformat(record["at"])})
            exact = row_line(row) == line + b"\n"
        except (TypeError, ValueError, AttributeError) as error:
            raise IntegrityError(f"audit export line {number} is not an audit row: {error}") from error
        if not exact:
            raise IntegrityError(f"audit export line {number} is not in canonical form")
        rows.append(row)
    return rows


def anchor_line(anchor: Anchor) -> bytes:
    """Write an anchor as one line of the anchor file."""
    return canonical_json({"seq": anchor.seq, "row_hash": anchor.row_hash}) + b"\n"


def parse_anchors(data: bytes) -> list[Anchor]:
    """Read an anchor file; a last line without its newline (a crash while writing) is left out."""
    complete = data[: data.rfind(b"\n") + 1]
    anchors = []
    for number, line in enumerate(_lines(complete, "anchor file"), start=1):
        record = _record(line, {"seq", "row_hash"}, f"anchor line {number}")
        seq, digest = record["seq"], record["row_hash"]
        if type(seq) is not int or seq < 1 or not isinstance(digest, str) or not _HEX64.fullmatch(digest):
            raise IntegrityError(f"anchor line {number} is malformed")
        anchors.append(Anchor(seq, digest))
    return anchors


def _lines(data: bytes, what: str) -> list[bytes]:
    if not data:
        return []
    if not data.endswith(b"\n"):
        raise IntegrityError(f"the {what} ends in the middle of a line")
    return data[:-1].split(b"\n")


def _record(line: bytes, keys: set[str], where: str) -> dict[str, Any]:
    try:
        record = json.loads(line)
    except ValueError as error:
        raise IntegrityError(f"{where} is not JSON: {error}") from error
    if not isinstance(record, dict) or set(record) != keys:
        raise IntegrityError(f"{where} does not have exactly the fields {sorted(keys)}")
    return record
