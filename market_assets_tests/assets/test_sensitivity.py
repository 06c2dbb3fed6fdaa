"""Sensitivity in the graph: every refit is a trial that ledger and audit log count, and the gate sees."""

from __future__ import annotations

from typing import Any

import pytest

from market_assets.assets import keys
from market_assets.assets.locks import GATE_REPORT
from market_assets.assets.sensitivity import KIND
from market_assets.core.validity.sensitivity import SENSITIVITY_VERSION
from market_assets.definitions import by_hand
from market_assets.governance.ledger import TrialCount
from market_assets.governance.trial_audit import STARTED, audited_trials
from market_assets_tests.worlds import CLEAN_AT, NULL_AT, World, document, failures, reopened, write_experiments

FEW = {"changes": [-0.2], "seeds": [7, 1], "noise": [0.1, 50.0]}
FOLDS = 3
"""Walk-forward folds of the tiny experiment."""


def asked(world: World, **changes: Any) -> World:
    """The world with a short grid in its experiment file, whose fits are those that are stored."""
    write_experiments(world.settings.experiments, document(sensitivity=FEW, **changes))
    return reopened(world)


def report(world: World, at=CLEAN_AT, kind: str = KIND) -> dict[str, Any]:
    """The newest payload of a kind."""
    stored = world.warehouse.reports.latest(kind, world.snapshot(at), "tiny")
    assert stored is not None
    return stored.payload


def counts(world: World, at=CLEAN_AT) -> tuple[TrialCount, int]:
    """The ledger's count of a snapshot, and the fits of the audit log."""
    snapshot_id = world.snapshot(at)
    audited = audited_trials(world.governance.audit().rows(STARTED), snapshot_id)
    return world.governance.ledger().count(snapshot_id), audited.fits


def test_every_refit_is_a_trial(world: World) -> None:
    """Ledger and audit log grow by exactly the refits, a second time by none; the gate counts the larger number."""
    changed, clean = asked(world), world.snapshot(CLEAN_AT)
    before, audited = counts(world)
    assert before.fits == audited
    first = changed.materialize(keys.sensitivity("tiny"), clean)
    assert first.success, failures(first)
    payload = report(world)
    variations = len(payload["runs"])
    assert payload["refits"] == variations * FOLDS
    after, audited = counts(world)
    assert after.fits == before.fits + payload["refits"] == audited
    assert after.configurations == before.configurations + variations
    assert after.refits == before.refits
    assert payload["left_out"] == ["seed seed=7"]

    gate = report(world, kind=GATE_REPORT)
    assert payload["version"] == SENSITIVITY_VERSION
    assert payload["best"] == gate["evidence"]["best"]
    assert payload["base"]["sharpe"] == pytest.approx(gate["evidence"]["sharpe"], rel=1e-12)
    sharpes = {run["name"]: run["figures"]["sharpe"] for run in payload["runs"]}
    assert all(value > 0 for name, value in sharpes.items() if name != "noise features=50")
    assert sharpes["noise features=50"] < 0.7 * payload["base"]["sharpe"]

    changed.materialize(keys.gate_report("tiny"), clean)
    again = report(world, kind=GATE_REPORT)
    assert again["trials"] == {"fits": after.fits, "configurations": after.configurations}
    assert again["evidence"]["hurdle"] > gate["evidence"]["hurdle"]
    assert [gap["figure"] for gap in again["evidence"]["gaps"]] == [gap["figure"] for gap in gate["evidence"]["gaps"]]

    assert changed.materialize(keys.sensitivity("tiny"), clean).success
    assert counts(world) == (after, audited)


def test_the_same_number_in_the_file_is_the_same_trial(world: World) -> None:
    """Who takes a varied parameter over into the experiment file adds its other folds, not a new configuration."""
    asked(world).materialize(keys.sensitivity("tiny"), world.snapshot(CLEAN_AT))
    payload, before = report(world), counts(world)[0]
    run = next(run for run in payload["runs"] if run["variation"]["kind"] == "parameter")
    models = {name: dict(params) for name, params in world.tiny.models.items()}
    models[payload["best"]][run["variation"]["name"]] = run["variation"]["value"]
    taken = asked(world, models=models)
    assert taken.run_layer(world.snapshot(CLEAN_AT), payload["best"]).success
    after, audited = counts(world)
    assert after.configurations == before.configurations
    assert after.fits == before.fits + 6 == audited


def test_a_variation_without_data_is_a_gap(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The refits of a variation that cannot be fitted are trials too; it has a cause and no figure."""
    from market_assets.core.errors import NotEnoughDataError
    from market_assets.core.validity.refits import Candidate

    real = Candidate.refit

    def starved(self, setting):
        if setting.seed == 1:
            raise NotEnoughDataError("fold wf00: one class only")
        return real(self, setting)

    monkeypatch.setattr(Candidate, "refit", starved)
    before = counts(world)[0]
    result = asked(world).materialize(keys.sensitivity("tiny"), world.snapshot(CLEAN_AT))
    assert result.success, failures(result)
    payload = report(world)
    gap = next(run for run in payload["runs"] if run["name"] == "seed seed=1")
    assert (gap["figures"], gap["cause"]) == (None, "fold wf00: one class only")
    assert payload["complete"] is False
    after, audited = counts(world)
    assert after.fits == before.fits + payload["refits"] == audited
    events = [row.event for row in world.governance.audit().rows("training_failure")]
    assert len(events) == 1


def test_other_fits_than_the_file_says_are_refused(world: World) -> None:
    """After a change of the experiment file the stored fits are not what would be varied, and no trial is added."""
    changed = asked(world, models={"elastic_net": {"clip": 4.0}, "lightgbm": {"rounds": 21}})
    before = counts(world)
    result = changed.materialize(keys.sensitivity("tiny"), world.snapshot(CLEAN_AT))
    assert "missing or older than the code or spec" in failures(result)[0]
    assert counts(world) == before


def test_a_person_starts_it(done_world: World) -> None:
    """No layer of a run holds it, no asset waits for it, and the daemon has no condition to request it by."""
    key = keys.sensitivity("tiny")
    assert key in by_hand(done_world.experiments)
    graph = done_world.definitions.resolve_asset_graph()
    assert graph.get(key).automation_condition is None
    assert graph.get(key).child_keys == set()
    assert all(key not in layer.assets for layer in done_world.layers(done_world.snapshot(NULL_AT)))
    assert done_world.warehouse.reports.latest(KIND, done_world.snapshot(CLEAN_AT), "tiny") is None
