"""Model versions, decisions and champions."""

from __future__ import annotations

import json

import psycopg
import pytest

from market_assets.core.errors import BadInputError, IntegrityError
from market_assets.governance.audit import AuditLog
from market_assets.governance.champions import PromotionConflict, violations
from market_assets.governance.registry import NotPromotableError, Registry
from market_assets_tests.governance.samples import AT, GATE, sample_manifest

pytestmark = pytest.mark.services
SLOT = "direction_daily"


def passed(registry: Registry, tag: str) -> str:
    """Register a model version and let the gate pass it."""
    manifest = sample_manifest(tag)
    registry.register(manifest)
    registry.decide(SLOT, manifest.snapshot_id, manifest.model_version, True, [{"gate": "sharpe"}], GATE, AT)
    return manifest.model_version


def test_a_manifest_is_registered_once(database):
    """The same manifest again is no news; another one under the name is refused; reading verifies."""
    registry = Registry(database)
    assert registry.register(sample_manifest())
    assert not registry.register(sample_manifest())
    with pytest.raises(IntegrityError, match="another manifest"):
        registry.register(sample_manifest(device="cuda:0"))
    assert registry.get(sample_manifest().model_version) == sample_manifest()
    assert registry.find("unknown") is None
    with pytest.raises(KeyError):
        registry.get("unknown")


def test_an_altered_record_is_noticed_on_reading(database, owner_url):
    """The owner of the table cannot change a manifest unseen."""
    registry = Registry(database)
    registry.register(sample_manifest())
    with psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute("UPDATE model_version SET manifest = replace(manifest, '\"seed\":7', '\"seed\":8')")
    with pytest.raises(IntegrityError, match="hash"):
        registry.get(sample_manifest().model_version)


def test_a_refusal_is_recorded_with_its_reasons(database):
    """A decision may name no model; its reasons come back as they were."""
    registry = Registry(database)
    reasons = [{"gate": "deflated_sharpe", "value": 0.41, "passed": False}]
    decision = registry.decide(SLOT, "s1", None, False, reasons, GATE, AT)
    registry.decide(SLOT, "s2", None, False, [], GATE, AT)
    assert registry.decisions(SLOT, "s1") == [decision]
    assert len(registry.decisions(SLOT)) == 2
    assert registry.decisions("other") == []
    assert registry.champion(SLOT) is None


def test_promotion_replaces_the_champion_that_was_seen(database):
    """Each step names its predecessor; a stale view is refused."""
    registry = Registry(database)
    a, b = passed(registry, "a"), passed(registry, "b")
    with pytest.raises(PromotionConflict):
        registry.promote(SLOT, a, b, AT)
    registry.promote(SLOT, a, None, AT)
    with pytest.raises(PromotionConflict) as conflict:
        registry.promote(SLOT, b, None, AT)
    assert conflict.value.found == a
    registry.promote(SLOT, b, a, AT)
    champion = registry.champion(SLOT)
    assert champion is not None
    assert (champion.model_version, champion.predecessor, champion.sequence) == (b, a, 2)
    assert violations(registry.history(SLOT)) == []


def test_a_step_that_was_taken_may_be_asked_for_again(database):
    """A retry after a lost reply returns the step and adds none."""
    registry = Registry(database)
    a, b = passed(registry, "a"), passed(registry, "b")
    registry.promote(SLOT, a, None, AT)
    step = registry.promote(SLOT, b, a, AT)
    assert registry.promote(SLOT, b, a, AT) == step
    assert registry.promote(SLOT, b, b, AT) == step
    assert len(registry.history(SLOT)) == 2


def test_no_champion_without_a_passed_gate(database):
    """An unregistered, undecided or refused version cannot become champion, nor one passed for another slot."""
    registry = Registry(database)
    manifest = sample_manifest("refused")
    registry.register(manifest)
    for version in ("unknown", manifest.model_version):
        with pytest.raises(NotPromotableError):
            registry.promote(SLOT, version, None, AT)
    registry.decide(SLOT, manifest.snapshot_id, manifest.model_version, False, [], GATE, AT)
    with pytest.raises(NotPromotableError):
        registry.promote(SLOT, manifest.model_version, None, AT)
    registry.decide(SLOT, "s1", "unknown", True, [], GATE, AT)
    with pytest.raises(NotPromotableError, match="not registered"):
        registry.promote(SLOT, "unknown", None, AT)
    with pytest.raises(NotPromotableError):
        registry.promote("other_slot", passed(registry, "a"), None, AT)
    with pytest.raises(BadInputError):
        registry.promote("../x", manifest.model_version, None, AT)


def test_rollback_returns_to_an_earlier_champion(database):
    """The way back is a step of its own; a version that never was champion is no way back."""
    registry = Registry(database)
    a, b, c = (passed(registry, tag) for tag in "abc")
    with pytest.raises(NotPromotableError):
        registry.rollback(SLOT, a, AT)
    registry.promote(SLOT, a, None, AT)
    registry.promote(SLOT, b, a, AT)
    for version in (b, c, "unknown"):
        with pytest.raises(NotPromotableError):
            registry.rollback(SLOT, version, AT)
    registry.rollback(SLOT, a, AT, reason={"why": "drift"})
    registry.promote(SLOT, b, a, AT)
    steps = registry.history(SLOT)
    assert [(step.kind, step.model_version, step.predecessor) for step in steps] == [
        ("promotion", a, None),
        ("promotion", b, a),
        ("rollback", a, b),
        ("promotion", b, a),
    ]
    assert violations(steps) == []


def test_decision_promotion_and_rollback_are_audited_with_the_deed(database, tmp_path):
    """Each deed and its audit row commit together; a lost race leaves neither."""
    audit = AuditLog(database, tmp_path / "audit.jsonl")
    registry = Registry(database, audit)
    a, b = passed(registry, "a"), passed(registry, "b")
    registry.promote(SLOT, a, None, AT)
    with pytest.raises(PromotionConflict):
        registry.promote(SLOT, b, None, AT)
    registry.promote(SLOT, b, a, AT)
    registry.rollback(SLOT, a, AT, reason={"why": "drift"})
    rows = audit.rows()
    assert [row.event for row in rows] == ["promotion_decision"] * 2 + ["promotion"] * 2 + ["rollback"]
    assert json.loads(rows[-1].subject)["predecessor"] == b
    assert audit.verify().ok


@pytest.mark.parametrize(
    ("columns", "values"),
    [
        ("slot, sequence, model_version, kind, decision, at", "'{slot}', 2, '{b}', 'promotion', {decision}, now()"),
        (
            "slot, sequence, previous_sequence, predecessor, model_version, kind, decision, at",
            "'{slot}', 2, 1, '{b}', '{a}', 'promotion', {decision}, now()",
        ),
        (
            "slot, sequence, previous_sequence, predecessor, model_version, kind, decision, at",
            "'{slot}', 3, 1, '{a}', '{b}', 'promotion', {decision}, now()",
        ),
        (
            "slot, sequence, previous_sequence, predecessor, model_version, kind, decision, at",
            "'{slot}', 2, 1, '{a}', '{c}', 'promotion', {refusal}, now()",
        ),
        (
            "slot, sequence, previous_sequence, predecessor, model_version, kind, decision, promoted, at",
            "'{slot}', 2, 1, '{a}', '{c}', 'promotion', {refusal}, false, now()",
        ),
    ],
    ids=["no predecessor", "wrong predecessor", "skipped step", "refused model", "refused model, flagged"],
)
def test_the_database_itself_refuses_a_false_step(database, columns, values):
    """Direct SQL as the application role cannot write a history that did not happen."""
    registry = Registry(database)
    a, b = passed(registry, "a"), passed(registry, "b")
    c = sample_manifest("c")
    registry.register(c)
    refusal = registry.decide(SLOT, "s1", c.model_version, False, [], GATE, AT).decision
    registry.promote(SLOT, a, None, AT)
    decision = registry.decisions(SLOT)[1].decision
    filled = values.format(slot=SLOT, a=a, b=b, c=c.model_version, decision=decision, refusal=refusal)
    with pytest.raises(psycopg.errors.IntegrityError), database.transaction() as connection:
        connection.execute(f"INSERT INTO champion_history ({columns}) VALUES ({filled})")
