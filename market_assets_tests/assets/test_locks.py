"""The third lock: a gated asset materialized alone verifies the stored reports again, and refuses."""

import json
from pathlib import Path

import dagster as dg
import pytest

from market_assets import experiments
from market_assets.assets import champion, keys, label_report, leakage, locks, quality, training
from market_assets.assets.locks import GATE_REPORT, require
from market_assets.assets.training import TRAINING_SET
from market_assets.checks import gates
from market_assets.core.features.registry import FAMILIES
from market_assets.core.gates.verdict import Reason, Verdict
from market_assets.experiments.loader import load_data_policy
from market_assets_tests.leaks import leaky
from market_assets_tests.worlds import CLEAN_AT, NULL_AT, SPOILT_AT, World, champion_traces, failures

CHAMPION = keys.champion("tiny")
SHIPPED = Path(experiments.__file__).parent


def _refusals(world: World) -> list[dict]:
    return [json.loads(row.subject) for row in world.governance.audit().rows() if row.event == "refused_attempt"]


def _alone(world: World, key: dg.AssetKey, snapshot_id: str) -> str:
    """Materialize one asset alone; it must fail with a ``dg.Failure`` that is not retried; returns its text."""
    result = world.materialize(key, snapshot_id)
    assert not result.success
    (step,) = [event for event in result.all_events if event.is_step_failure]
    assert step.step_failure_data.user_failure_data is not None, step.step_failure_data.error
    assert step.step_failure_data.user_failure_data.metadata is not None
    assert not result.get_asset_materialization_events()
    return failures(result)[0]


def test_training_set_alone_is_refused_by_a_failed_quality_report(world: World) -> None:
    """Materialized by hand on a stale feed, the training set names gate, symbol and rule, and stores nothing."""
    spoilt = world.snapshot(SPOILT_AT)
    text = _alone(world, keys.training_set("tiny"), spoilt)
    assert text.startswith(f"quality gate refused snapshot {spoilt}")
    assert "stale_feed" in text
    assert world.warehouse.reports.latest(TRAINING_SET, spoilt, "tiny") is None


def test_training_set_alone_is_refused_by_a_failed_leakage_proof(
    fresh_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a proof that found a leak in store, the training set names the gate and the family; stores nothing."""
    clean = fresh_world.snapshot(CLEAN_AT)
    assert fresh_world.run(clean, until="symbols")[-1].success
    assert fresh_world.materialize(keys.QUALITY_REPORT, clean).success
    with monkeypatch.context() as patch:
        patch.setitem(FAMILIES, "volatility", leaky())
        fresh_world.materialize(keys.LEAKAGE_REPORT, clean)
    text = _alone(fresh_world, keys.training_set("tiny"), clean)
    assert text.startswith(f"leakage gate refused snapshot {clean}")
    assert "volatility" in text
    assert fresh_world.warehouse.reports.latest(TRAINING_SET, clean, "tiny") is None


def test_champion_alone_is_refused_by_failed_evidence(world: World) -> None:
    """On a market without an edge the champion names the gate and its reasons, leaves no trace, and is audited."""
    null = world.snapshot(NULL_AT)
    text = _alone(world, CHAMPION, null)
    assert text.startswith(f"promotion gate refused snapshot {null}")
    assert "worthless ones" in text
    assert champion_traces(world, null) == []
    (refusal,) = _refusals(world)
    assert refusal == {"snapshot_id": null, "experiment": "tiny", "why": text}
    assert world.governance.audit().verify().intact


def test_champion_trusts_no_stored_verdict(world: World) -> None:
    """A gate report whose stored verdict was turned to passed is judged by its evidence, and refused."""
    null = world.snapshot(NULL_AT)
    payload = world.warehouse.reports.latest(GATE_REPORT, null, "tiny").payload
    reasons = [{**reason, "passed": True} for reason in payload["verdict"]["reasons"]]
    forged = {**payload, "verdict": {**payload["verdict"], "passed": True, "reasons": reasons}}
    world.warehouse.reports.put(GATE_REPORT, null, "tiny", forged)
    assert "promotion gate refused" in _alone(world, CHAMPION, null)
    assert champion_traces(world, null) == []


def test_registry_refuses_what_no_decision_promoted(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the lock removed the registry still names no champion: the gate's recorded decision was a refusal."""
    monkeypatch.setattr(champion, "require", lambda *_: None)
    null = world.snapshot(NULL_AT)
    before = world.governance.registry().champion("tiny")
    result = world.materialize(CHAMPION, null)
    assert not result.success
    assert "NotPromotableError" in failures(result)[0]
    assert world.governance.registry().champion("tiny") == before
    assert not [trace for trace in champion_traces(world, null) if "bundle" not in trace and "version" not in trace]


@pytest.mark.parametrize("kind", ["quality", "leakage", "label"])
def test_champion_verifies_the_gates_above_again(world: World, kind: str) -> None:
    """A report above that has failed since closes the champion too, although promotion passes."""
    clean, spoilt = world.snapshot(CLEAN_AT), world.snapshot(SPOILT_AT)
    before = champion_traces(world, clean)
    if kind == "quality":
        world.warehouse.reports.put(kind, clean, "", world.warehouse.reports.latest(quality.KIND, spoilt).payload)
    elif kind == "label":
        payload = world.warehouse.reports.latest(label_report.KIND, clean, "tiny").payload
        rare = [{**one, "share": 0.01} for one in payload["decided"]["classes"]]
        changed = {**payload, "decided": {**payload["decided"], "classes": rare}}
        world.warehouse.reports.put(label_report.KIND, clean, "tiny", changed)
    else:
        payload = world.warehouse.reports.latest(leakage.KIND, clean).payload
        families = [{**entry, "violations_count": 1, "passed": False} for entry in payload["families"]]
        world.warehouse.reports.put(kind, clean, "", {**payload, "families": families})
    assert _alone(world, CHAMPION, clean).startswith(f"{kind} gate refused snapshot {clean}")
    assert champion_traces(world, clean) == before
    assert [item["snapshot_id"] for item in _refusals(world)] == [clean]


def test_a_missing_report_is_a_closed_gate(fresh_world: World) -> None:
    """Without any report the gated assets say which one is missing, and the champion's attempt is audited."""
    clean = fresh_world.snapshot(CLEAN_AT)
    assert "no quality report" in _alone(fresh_world, keys.training_set("tiny"), clean)
    assert "no quality report" in _alone(fresh_world, CHAMPION, clean)
    assert len(_refusals(fresh_world)) == 1
    assert champion_traces(fresh_world, clean) == []


def test_a_proof_of_other_feature_code_is_a_closed_gate(world: World) -> None:
    """A leakage proof of another feature schema proves nothing about the features of today."""
    clean = world.snapshot(CLEAN_AT)
    payload = world.warehouse.reports.latest(leakage.KIND, clean).payload
    world.warehouse.reports.put(leakage.KIND, clean, "", {**payload, "schema_version": "of-yesterday"})
    text = _alone(world, keys.training_set("tiny"), clean)
    assert text.startswith(f"leakage gate refused snapshot {clean}")
    assert "materialize leakage_report" in text


def test_a_proof_by_another_version_of_the_proof_is_refused(world: World) -> None:
    """A stored proof that covers other trials or fitted objects than today's proves nothing."""
    clean = world.snapshot(CLEAN_AT)
    payload = world.warehouse.reports.latest(leakage.KIND, clean).payload
    world.warehouse.reports.put(leakage.KIND, clean, "", {**payload, "proof_version": "older"})
    assert "another version of the proof" in _alone(world, keys.training_set("tiny"), clean)


def test_bars_learned_late_close_the_gate_of_a_strict_policy(world: World) -> None:
    """A market that was revised as a whole is a restated past: the shipped policy refuses it, with the share."""
    null = world.snapshot(NULL_AT)
    shipped = load_data_policy(SHIPPED)
    (reason,) = locks.leakage_verdict(world.warehouse, null, shipped).failures
    assert reason.gate == "leakage_late_share"
    assert reason.value > 0.9
    assert locks.leakage_verdict(world.warehouse, world.snapshot(CLEAN_AT), shipped).passed


def test_require_lists_every_failed_reason() -> None:
    """The failure is not retried and carries all failed reasons, none of the passed ones."""
    verdict = Verdict.of(
        [
            Reason("pbo", 0.5, "<=", 0.2, False, "PBO is 0.5."),
            Reason("max_drawdown", 0.1, "<=", 0.2, True, "Drawdown is 0.1."),
            Reason("observations", None, ">=", 250, False, "Too few."),
        ]
    )
    with pytest.raises(dg.Failure) as caught:
        require("promotion", "20200101-abc", verdict)
    assert caught.value.description == "promotion gate refused snapshot 20200101-abc: PBO is 0.5.; Too few."
    assert set(caught.value.metadata) == {"pbo", "observations"}
    assert caught.value.allow_retries is False
    require("promotion", "20200101-abc", Verdict.of([Reason("pbo", 0.1, "<=", 0.2, True, "Fine.")]))


def test_check_and_lock_call_one_function() -> None:
    """The checks import the very functions the gated assets call."""
    assert gates.quality_verdict is locks.quality_verdict is training.quality_verdict is champion.quality_verdict
    assert gates.leakage_verdict is locks.leakage_verdict is training.leakage_verdict is champion.leakage_verdict
    assert gates.label_verdict is locks.label_verdict is training.label_verdict is champion.label_verdict
    assert gates.promotion_verdict is locks.promotion_verdict is champion.promotion_verdict
