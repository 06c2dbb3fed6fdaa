"""The audit log in PostgreSQL, with its anchor outside."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone

import psycopg
import pytest

from market_assets.core.errors import BadInputError, IntegrityError
from market_assets.governance.audit import AuditLog, write_anchor
from market_assets.governance.chain import EVENTS, Anchor
from market_assets_tests.governance.samples import AT

pytestmark = pytest.mark.services


@pytest.fixture
def log(database, tmp_path) -> AuditLog:
    """Log of five rows with an anchor each."""
    log = AuditLog(database, tmp_path / "anchors" / "audit.jsonl")
    for number in range(5):
        log.append("training_start", {"n": number, "share": 0.1, "text": "é\u0000|"}, "tester", AT)
    return log


def as_owner(owner_url: str, statement: str) -> None:
    """Change the table as its owner, who may do anything."""
    with psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute(statement)


def test_rows_come_back_as_they_were_written(log):
    """Numbers, text and times survive storage, so that the stored hashes hold."""
    rows = log.rows()
    assert [row.seq for row in rows] == [1, 2, 3, 4, 5]
    assert rows[0].subject == '{"n":0,"share":0.1,"text":"é\\u0000|"}'
    assert log.verify().ok


def test_every_event_is_storable_in_any_zone(database, tmp_path):
    """The table accepts exactly the events of the log; times are stored in UTC with microseconds."""
    log = AuditLog(database, tmp_path / "audit.jsonl")
    at = datetime(2020, 3, 8, 2, 30, 0, 123456, tzinfo=timezone(-timedelta(hours=5)))
    for event in EVENTS:
        log.append(event, {}, "tester", at)
    assert {row.at for row in log.rows()} == {datetime(2020, 3, 8, 7, 30, 0, 123456, tzinfo=UTC)}
    assert log.verify().ok


@pytest.mark.parametrize(
    ("event", "actor", "at", "error"),
    [
        ("made_up", "a", AT, BadInputError),
        ("replay", "", AT, BadInputError),
        ("replay", "a\x00", AT, BadInputError),
        ("replay", "a", AT.replace(tzinfo=None), ValueError),
    ],
)
def test_a_row_that_does_not_fit_is_refused(log, event, actor, at, error):
    """Nothing is stored, and the chain goes on."""
    with pytest.raises(error):
        log.append(event, {}, actor, at)
    assert len(log.rows()) == 5
    log.append("replay", {}, "a", AT)
    assert log.verify().ok


def test_order_is_by_sequence_not_by_clock(log):
    """A clock that jumps back does not disturb the chain."""
    log.append("replay", {}, "a", AT - timedelta(days=1))
    assert log.rows()[-1].at < AT
    assert log.verify().ok


def test_writers_side_by_side_make_one_chain(database, tmp_path):
    """Four threads append 60 rows: no gap, no fork, all anchored."""
    log = AuditLog(database, tmp_path / "audit.jsonl")
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda n: log.append("replay", {"n": n}, "tester", AT), range(60)))
    assert [row.seq for row in log.rows()] == list(range(1, 61))
    assert log.verify().ok
    assert log.verify().anchors == 60


def test_a_rolled_back_deed_leaves_no_row(log, database):
    """The row commits with the deed it records, or not at all."""

    def deed() -> None:
        with database.transaction() as connection:
            log.append_within(connection, "replay", {}, "tester", AT)
            raise RuntimeError("the deed failed")

    with pytest.raises(RuntimeError):
        deed()
    assert len(log.rows()) == 5
    assert log.verify().ok


CHANGES = {
    "at": "at = at + interval '1 microsecond'",
    "event": "event = 'training_failure'",
    "actor": "actor = 'other'",
    "subject": "subject = subject || ' '",
    "previous_hash": "previous_hash = repeat('a', 64)",
    "row_hash": "row_hash = repeat('b', 64)",
}


@pytest.mark.parametrize("column", CHANGES)
def test_the_owner_cannot_change_a_column_unseen(log, owner_url, column):
    """An update of any column by the table's owner is found, and the row is named."""
    as_owner(owner_url, f"UPDATE audit_log SET {CHANGES[column]} WHERE seq = 3")
    assert log.verify().first_bad_seq == 3


def test_the_owner_cannot_remove_rows_unseen(log, owner_url):
    """A deleted row, a cut tail and an emptied table are found."""
    as_owner(owner_url, "DELETE FROM audit_log WHERE seq = 5")
    assert log.verify().first_bad_seq == 5
    as_owner(owner_url, "DELETE FROM audit_log WHERE seq = 2")
    assert log.verify().first_bad_seq == 2
    as_owner(owner_url, "TRUNCATE audit_log")
    assert log.verify().first_bad_seq == 1


def test_an_altered_log_is_not_anchored_anew(log, owner_url):
    """Anchoring refuses to bless a cut log, and rows that follow the cut contradict the old anchors."""
    as_owner(owner_url, "DELETE FROM audit_log WHERE seq >= 4")
    with pytest.raises(IntegrityError, match="row 4"):
        log.anchor()
    log.append("replay", {}, "tester", AT)
    assert log.verify().first_bad_seq == 4


def test_anchoring_every_third_row_leaves_a_window_until_asked(database, tmp_path):
    """Between anchors the tail is not verified; ``anchor`` closes the window."""
    log = AuditLog(database, tmp_path / "audit.jsonl", every=3)
    assert log.anchor() is None
    for _ in range(4):
        log.append("replay", {}, "tester", AT)
    assert log.anchors() == [Anchor(3, log.rows()[2].row_hash)]
    assert log.verify().intact
    assert not log.verify().ok
    log.anchor()
    assert log.verify().ok


def test_a_lost_anchor_file_is_never_ok(log, tmp_path):
    """Without anchors the report says that the tail is not verified."""
    (tmp_path / "anchors" / "audit.jsonl").unlink()
    assert log.verify().tail == "not verified"
    assert not log.verify().ok


def test_a_torn_anchor_line_is_cut_off_by_the_next(tmp_path):
    """A crash in the middle of a line costs that line only."""
    path = tmp_path / "audit.jsonl"
    write_anchor(path, Anchor(1, "a" * 64))
    with path.open("ab") as file:
        file.write(b'{"row_hash":"bbbb')
    write_anchor(path, Anchor(3, "c" * 64))
    assert path.read_bytes().count(b"\n") == 2
    assert b"bbbb" not in path.read_bytes()
