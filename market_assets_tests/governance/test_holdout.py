"""The one-touch holdout: sealed from the role that trains, opened once a candidate, every attempt audited."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from market_assets.core.errors import BadInputError
from market_assets.core.market.synthetic import SyntheticSpec, synthesize
from market_assets.governance.audit import AuditLog
from market_assets.governance.holdout import Holdouts, HoldoutSpentError, Seal
from market_assets.governance.registry import Registry
from market_assets.stores.bars import BarStore
from market_assets.stores.database import Database
from market_assets.stores.snapshots import SnapshotManifest, SnapshotStore
from market_assets_tests.governance.samples import AT, sample_manifest

pytestmark = pytest.mark.services
NOW = datetime(2026, 1, 2, tzinfo=UTC)
SEAL = Seal("last-quarter", datetime(2015, 10, 1, tzinfo=UTC), datetime(2016, 1, 1, tzinfo=UTC))


@pytest.fixture
def frame():
    """A year of bars of two names."""
    return synthesize(SyntheticSpec(kind="null", symbols=2, years=1.0)).panel.to_frame()


@pytest.fixture
def holdouts(database: Database, tmp_path: Path) -> Holdouts:
    return Holdouts(database, AuditLog(database, tmp_path / "anchors.jsonl"))


@pytest.fixture
def sealed(database: Database, holdouts: Holdouts, frame) -> Holdouts:
    """Bars are there, and the last quarter is sealed."""
    BarStore(database).append(frame, NOW)
    holdouts.seal(SEAL, "Ada", NOW)
    return holdouts


def events(holdouts: Holdouts) -> list[tuple[str, str]]:
    """Events and actors of the audit log."""
    return [(row.event, row.actor) for row in holdouts._audit.rows()]


def candidate(database: Database, tag: str = "") -> str:
    """A registered model version."""
    manifest = sample_manifest(tag)
    Registry(database).register(manifest)
    return manifest.model_version


def test_the_training_role_sees_no_sealed_bar(database: Database, sealed: Holdouts, frame):
    """Neither as of a later date nor by any query; bars before the range are as they were."""
    seen = BarStore(database).as_of(NOW)
    assert seen["ts"].max() < SEAL.from_ts
    assert seen.equals(frame.filter(frame["ts"] < SEAL.from_ts))
    assert database.frame("SELECT count(*) AS n FROM bar WHERE ts >= '2015-10-01'").item() == 0
    assert sealed.seals() == [SEAL]


def test_the_training_role_adds_no_sealed_bar(database: Database, sealed: Holdouts, frame):
    """The same file again is refused by name and changes nothing."""
    before = BarStore(database).as_of(NOW)
    with pytest.raises(BadInputError, match="sealed holdout") as caught:
        BarStore(database).append(frame, NOW)
    assert caught.value.rule == "bar_sealed"
    assert BarStore(database).as_of(NOW).equals(before)


def test_a_candidate_opens_it_once(database: Database, owner_url: str, sealed: Holdouts, frame):
    """All bars to the end of the range the first time; the second is refused by the database, and audited."""
    model, owner = candidate(database), Database(owner_url)
    opened = sealed.open(owner, SEAL.name, model, "Ada", NOW)
    assert opened.height == frame.filter(frame["ts"] < SEAL.until_ts).height
    assert opened["ts"].max() >= SEAL.from_ts
    with pytest.raises(HoldoutSpentError, match="no second look"):
        sealed.open(owner, SEAL.name, model, "Ada", NOW)
    assert sealed.open(owner, SEAL.name, candidate(database, "other"), "Bob", NOW).height == opened.height
    assert events(sealed) == [
        ("holdout_sealed", "Ada"),
        ("holdout_opened", "Ada"),
        ("holdout_refused", "Ada"),
        ("holdout_opened", "Bob"),
    ]
    assert sealed._audit.verify().ok


def test_the_training_role_cannot_open_it(database: Database, sealed: Holdouts):
    """Not through the function, not by writing down a reading, not by removing the seal or the policy."""
    model = candidate(database)
    for attempt in (
        f"SELECT * FROM open_holdout('{SEAL.name}', '{model}')",
        f"INSERT INTO holdout_read (seal, candidate, reader) VALUES ('{SEAL.name}', '{model}', 'me')",
        "DELETE FROM holdout_seal",
        "UPDATE holdout_seal SET until_ts = from_ts + interval '1 day'",
        "ALTER TABLE bar DISABLE ROW LEVEL SECURITY",
        "DROP POLICY read_unsealed ON bar",
        "SELECT * FROM bar_2015",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege), database.transaction() as connection:
            connection.execute(attempt)
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        sealed.open(database, SEAL.name, model, "me", NOW)


def test_only_registered_candidates_and_known_seals(database: Database, owner_url: str, sealed: Holdouts):
    """A name nobody registered, and a seal nobody made, are bad input; neither counts as an opening."""
    owner = Database(owner_url)
    with pytest.raises(BadInputError, match="not a registered model version"):
        sealed.open(owner, SEAL.name, "direction_daily-nobody-000000000000", "Ada", NOW)
    with pytest.raises(BadInputError, match="no holdout is sealed as other"):
        sealed.open(owner, "other", candidate(database), "Ada", NOW)
    assert events(sealed) == [("holdout_sealed", "Ada")]


def test_what_a_snapshot_has_seen_cannot_be_sealed(database: Database, holdouts: Holdouts, frame):
    """A range that was looked at is no holdout."""
    BarStore(database).append(frame, NOW)
    last = frame["ts"].max()
    SnapshotStore(database).put(
        SnapshotManifest("20160102-seen", NOW, ("A",), frame["ts"].min(), last, 10, "a" * 64, "1d")
    )
    with pytest.raises(BadInputError, match="snapshot 20160102-seen has seen bars"):
        holdouts.seal(SEAL, "Ada", NOW)
    later = Seal("later", datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))
    holdouts.seal(later, "Ada", AT)
    with pytest.raises(BadInputError, match="duplicate key"):
        holdouts.seal(later, "Ada", AT)
    assert holdouts.seals() == [later]
