"""The human checkpoint: only a decision that promotes can be approved, and where it must be, nothing goes without."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from market_assets.core.errors import BadInputError
from market_assets.governance.approvals import Approvals
from market_assets.governance.audit import AuditLog
from market_assets.governance.registry import NotPromotableError, Registry
from market_assets.stores.database import Database
from market_assets_tests.governance.samples import AT, GATE, sample_manifest

pytestmark = pytest.mark.services
SLOT = "direction_daily"


def judged(registry: Registry, promoted: bool, tag: str = "", required: bool = True) -> str:
    """Register a model version and record the gate's decision on it."""
    manifest = sample_manifest(tag)
    registry.register(manifest)
    version = manifest.model_version
    registry.decide(SLOT, manifest.snapshot_id, version, promoted, [], GATE, AT, approval_required=required)
    return version


@pytest.fixture
def log(database: Database, tmp_path: Path) -> AuditLog:
    return AuditLog(database, tmp_path / "anchors.jsonl")


def test_a_refusal_cannot_be_approved(database: Database, log: AuditLog):
    """Not through the class, and not by hand: the foreign key asks for a decision that promotes."""
    version = judged(Registry(database), promoted=False)
    with pytest.raises(NotPromotableError, match="nothing to approve"):
        Approvals(database, log).approve(SLOT, version, "Ada", "looks good", AT)
    with pytest.raises(psycopg.errors.ForeignKeyViolation), database.transaction() as connection:
        connection.execute(
            "INSERT INTO approval (decision, slot, model_version, reviewer, note, at) "
            "SELECT decision, slot, model_version, 'Ada', 'by hand', at FROM promotion_decision"
        )
    assert log.rows("approval") == []


def test_the_database_takes_no_unapproved_champion(database: Database, log: AuditLog):
    """A decision that asks for an approval makes no champion before it has one, and one afterwards."""
    registry = Registry(database)
    version = judged(registry, promoted=True)
    with pytest.raises(psycopg.errors.CheckViolation, match="asks for an approval"):
        registry.promote(SLOT, version, None, AT)
    assert registry.champion(SLOT) is None
    Approvals(database, log).approve(SLOT, version, "Ada", "read the report", AT)
    assert registry.promote(SLOT, version, None, AT).model_version == version


def test_an_automatic_decision_needs_nobody(database: Database):
    """Without the checkpoint the gate's word is enough."""
    registry = Registry(database)
    version = judged(registry, promoted=True, required=False)
    assert registry.promote(SLOT, version, None, AT).model_version == version


def test_an_approval_is_recorded_once_with_its_audit_row(database: Database, log: AuditLog):
    """Approving again returns what stands there; reviewer and note are in the chain."""
    approvals = Approvals(database, log)
    version = judged(Registry(database), promoted=True)
    assert approvals.find(SLOT, version) is None
    first = approvals.approve(SLOT, version, " Ada ", "read the report", AT)
    assert approvals.approve(SLOT, version, "Bob", "me too", AT) == first == approvals.find(SLOT, version)
    (row,) = log.rows("approval")
    assert row.actor == "Ada"
    assert '"note":"read the report"' in row.subject
    assert log.verify().ok


def test_a_new_decision_asks_again(database: Database, log: AuditLog):
    """Evidence judged anew is another decision: the old approval does not count for it."""
    registry, approvals = Registry(database), Approvals(database, log)
    version = judged(registry, promoted=True)
    approvals.approve(SLOT, version, "Ada", "read the report", AT)
    judged(registry, promoted=True)
    assert approvals.find(SLOT, version) is None
    with pytest.raises(psycopg.errors.CheckViolation):
        registry.promote(SLOT, version, None, AT)


@pytest.mark.parametrize(("reviewer", "note"), [("", "why"), ("  ", "why"), ("Ada", ""), ("Ada", "\t")])
def test_a_nameless_or_wordless_approval_is_refused(database: Database, log: AuditLog, reviewer: str, note: str):
    """Somebody must stand for it and say why."""
    version = judged(Registry(database), promoted=True)
    with pytest.raises(BadInputError, match="reviewer's name and a note"):
        Approvals(database, log).approve(SLOT, version, reviewer, note, AT)
