"""The label search in the graph: every label is a trial, nothing is done twice, the verdict is on later sessions."""

from __future__ import annotations

from typing import Any

import pytest

from market_assets.assets import keys
from market_assets.assets.label_search import KIND
from market_assets.assets.locks import GATE_REPORT
from market_assets.automation.drive import run_layer
from market_assets.automation.layers import label_search_layer
from market_assets.core.features.registry import FAMILIES
from market_assets.definitions import by_hand
from market_assets.governance.ledger import TrialCount
from market_assets.governance.trial_audit import STARTED, audited_trials
from market_assets_tests.worlds import CLEAN_AT, NULL_AT, World, document, failures, reopened, write_experiments

TECHNICAL = FAMILIES["technical"].names
SPACE = {"trials": 6, "share": 0.25}


def asked(world: World, **changes: Any) -> World:
    """The world with a short search in its experiment file, whose fits are those that are stored."""
    write_experiments(world.settings.experiments, document(label_search={**SPACE, **changes}))
    return reopened(world)


def report(world: World, at=CLEAN_AT) -> dict[str, Any]:
    """The newest search of a snapshot."""
    stored = world.warehouse.reports.latest(KIND, world.snapshot(at), "tiny")
    assert stored is not None
    return stored.payload


def counts(world: World, at=CLEAN_AT) -> tuple[TrialCount, int]:
    """The ledger's count of a snapshot, and the fits of the audit log."""
    snapshot_id = world.snapshot(at)
    audited = audited_trials(world.governance.audit().rows(STARTED), snapshot_id)
    return world.governance.ledger().count(snapshot_id), audited.fits


def test_every_label_is_a_trial_and_none_is_tried_twice(world: World) -> None:
    """Ledger and audit log grow by the labels and the one verdict; again by none; a longer search by what is new."""
    changed, clean = asked(world), world.snapshot(CLEAN_AT)
    before, _ = counts(world)
    first = changed.materialize(keys.label_search("tiny"), clean)
    assert first.success, failures(first)
    payload, (after, audited) = report(world), counts(world)
    labels = {trial["name"] for trial in payload["trials"]}
    assert len(payload["trials"]) == 6
    assert after.configurations == before.configurations + len(labels) == payload["counted"]
    assert after.fits == before.fits + len(labels) + 1 == audited
    gate = world.warehouse.reports.latest(GATE_REPORT, clean, "tiny")
    assert payload["signal"] == {"source": "out_of_fold", "family": gate.payload["evidence"]["best"]}
    assert payload["windows"]["selection"]["last"] < payload["windows"]["verdict"]["first"]
    assert payload["chosen"]["name"] == payload["ranking"][0]["name"]
    assert payload["verdict"]["figures"]["trades"] == payload["windows"]["verdict"]["entries"]

    assert changed.materialize(keys.label_search("tiny"), clean).success
    assert counts(world) == (after, audited)

    longer = run_layer(changed.job, changed.instance, label_search_layer(clean, changed.tiny, 9))
    assert longer.success, longer.failures
    again = report(world)
    assert [trial["name"] for trial in again["trials"][:6]] == [trial["name"] for trial in payload["trials"]]
    assert [trial["figures"] for trial in again["trials"][:6]] == [trial["figures"] for trial in payload["trials"]]
    new = {trial["name"] for trial in again["trials"]} - labels
    moved = again["chosen"]["name"] != payload["chosen"]["name"]
    end, audited = counts(world)
    assert len(again["trials"]) == 9
    assert end.configurations == after.configurations + len(new)
    assert end.fits == after.fits + len(new) + moved == audited


def test_a_search_that_broke_off_goes_on(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was scored before the failure is kept; the trial that failed stays one trial, its failure is in the log."""
    from market_assets.assets import label_trials

    real, calls = label_trials.score, []

    def breaks(*given):
        calls.append(given)
        if len(calls) == 4:
            raise RuntimeError("power cut")
        return real(*given)

    changed, clean = asked(world), world.snapshot(CLEAN_AT)
    before, _ = counts(world)
    monkeypatch.setattr(label_trials, "score", breaks)
    assert not changed.materialize(keys.label_search("tiny"), clean).success
    broken, audited = counts(world)
    assert broken.fits == before.fits + 4 == audited
    assert [row.event for row in world.governance.audit().rows("training_failure")] == ["training_failure"]
    assert changed.materialize(keys.label_search("tiny"), clean).success
    after, audited = counts(world)
    labels = {trial["name"] for trial in report(world)["trials"]}
    assert len(calls) == len(labels) + 2
    assert after.fits == before.fits + len(labels) + 1 == audited


def test_a_feature_can_be_the_signal(world: World) -> None:
    """Without stored scores a proven feature gives the entries; an unknown one is refused by the file."""
    changed = asked(world, signal="technical/" + TECHNICAL[0])
    result = changed.materialize(keys.label_search("tiny"), world.snapshot(NULL_AT))
    assert result.success, failures(result)
    payload = report(world, NULL_AT)
    assert payload["signal"] == {"source": "technical/" + TECHNICAL[0], "family": "feature"}
    assert max(one["probability"] for one in payload["ranking"]) < 0.95


def test_a_feature_that_was_never_proven_is_no_signal(world: World) -> None:
    """The snapshot holds no funding rates: the leakage gate is closed for them, and no label is tried."""
    changed, clean = asked(world, signal="derivatives/funding_rate"), world.snapshot(CLEAN_AT)
    before, _ = counts(world)
    result = changed.materialize(keys.label_search("tiny"), clean)
    assert not result.success
    (text,) = failures(result)
    assert text.startswith(f"leakage gate refused snapshot {clean}")
    assert "Family derivatives" in text
    assert counts(world)[0] == before


def test_a_person_starts_it(done_world: World) -> None:
    """No layer of a run holds it, no asset waits for it, and the daemon has no condition to request it by."""
    key = keys.label_search("tiny")
    assert key in by_hand(done_world.experiments)
    graph = done_world.definitions.resolve_asset_graph()
    assert graph.get(key).automation_condition is None
    assert graph.get(key).child_keys == set()
    assert all(key not in layer.assets for layer in done_world.layers(done_world.snapshot(NULL_AT)))
