"""The ablation in the graph: every refit is a trial, nothing is done twice, earlier families stay in the correction."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from market_assets.assets import keys
from market_assets.assets.ablation import KIND, families_of
from market_assets.assets.locks import GATE_REPORT
from market_assets.automation.drive import run_layer
from market_assets.automation.layers import ablation_layer
from market_assets.core.errors import BadInputError
from market_assets.core.features.registry import FAMILIES
from market_assets.core.transforms.spec import ClusterSpec
from market_assets.core.validity.ablation import ABLATION_VERSION
from market_assets.definitions import by_hand
from market_assets.governance.ledger import TrialCount
from market_assets.governance.trial_audit import STARTED, audited_trials
from market_assets_tests.worlds import CLEAN_AT, NULL_AT, World, document, reopened, write_experiments

FOLDS = 3
"""Walk-forward folds of the tiny experiment."""


def ablated(world: World, *sets: str) -> dict[str, Any]:
    """The report after an ablation of the named families on the clean snapshot."""
    clean = world.snapshot(CLEAN_AT)
    run = run_layer(world.job, world.instance, ablation_layer(clean, world.tiny, sets))
    assert run.success, run.failures
    stored = world.warehouse.reports.latest(KIND, clean, "tiny")
    assert stored is not None
    return stored.payload


def counts(world: World) -> tuple[TrialCount, int]:
    """The ledger's count of the clean snapshot, and the fits of the audit log."""
    snapshot_id = world.snapshot(CLEAN_AT)
    audited = audited_trials(world.governance.audit().rows(STARTED), snapshot_id)
    return world.governance.ledger().count(snapshot_id), audited.fits


def test_every_refit_is_a_trial_and_none_is_done_twice(world: World) -> None:
    """Ledger and audit log grow by exactly the refits, again by none; one family more adds its own and stays."""
    before, _ = counts(world)
    first = ablated(world, "technical")
    after, audited = counts(world)
    (technical,) = first["lifts"]
    assert (technical["family"], technical["way"], technical["features"]) == ("technical", "left out", ["volatility"])
    assert technical["family_version"] == FAMILIES["technical"].version
    assert technical["shown"]
    assert (first["version"], first["refits"]) == (ABLATION_VERSION, FOLDS)
    assert after.fits == before.fits + FOLDS == audited
    assert after.configurations == before.configurations + 1
    gate = world.warehouse.reports.latest(GATE_REPORT, world.snapshot(CLEAN_AT), "tiny")
    assert gate is not None
    assert first["best"] == gate.payload["evidence"]["best"]
    assert technical["figures"]["sharpe"]["with_it"] == pytest.approx(gate.payload["evidence"]["sharpe"], rel=1e-9)

    assert ablated(world, "technical") == first
    assert counts(world) == (after, audited)

    second = ablated(world, "cross_sectional")
    end, audited = counts(world)
    assert end.fits == after.fits + FOLDS == audited
    again, added = second["lifts"]
    assert second["sets"] == ["technical", "cross_sectional"]
    assert (added["family"], added["way"]) == ("cross_sectional", "added")
    assert again["figures"] == technical["figures"]
    assert again["pvalue"] == pytest.approx(2.0 * technical["pvalue"])


def test_an_arm_and_an_experiment_file_are_the_same_trials(world: World) -> None:
    """A file, whatever its name, that takes over a tried family adds no fit and no configuration of that model."""
    best = ablated(world, "regime")["best"]
    clean, before = world.snapshot(CLEAN_AT), counts(world)[0]
    write_experiments(world.settings.experiments, document(name="wider", features=[*world.tiny.features, "regime"]))
    wider = reopened(world)
    for layer in ("symbols", "training", best):
        run = wider.run_layer(clean, layer, "wider")
        assert run.success, run.failures
    fits = wider.warehouse.fits.list(clean, "wider")
    after, audited = counts(wider)
    assert {fit.family for fit in fits} == {best}
    assert after.fits == before.fits + len(fits) - FOLDS == audited
    assert after.configurations == before.configurations


def test_a_family_that_cannot_be_fitted_is_a_gap(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its refits are trials too, it has its cause and shows no lift, and it is not tried again."""
    from market_assets.core.errors import NotEnoughDataError
    from market_assets.core.validity.refits import Candidate

    def starved(self, setting):
        raise NotEnoughDataError("fold wf00: one class only")

    before = counts(world)[0]
    with monkeypatch.context() as patch:
        patch.setattr(Candidate, "refit", starved)
        (gap,) = ablated(world, "technical")["lifts"]
    assert (gap["figures"], gap["pvalue"], gap["shown"]) == ({}, None, False)
    assert gap["cause"] == "fold wf00: one class only"
    after, audited = counts(world)
    assert after.fits == before.fits + FOLDS == audited
    assert len(world.governance.audit().rows("training_failure")) == 1
    assert ablated(world, "volatility")["lifts"][0]["cause"] == gap["cause"]


def test_which_families_are_tried(done_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """All but optional ones, except what the experiment cannot do without; names that mean nothing are refused."""
    tiny = done_world.tiny
    monkeypatch.setitem(FAMILIES, "alpha158", replace(FAMILIES["alpha158"], tier="optional"))
    core = {name for name, family in FAMILIES.items() if family.tier == "core"}
    assert "alpha158" not in core
    assert set(families_of(tiny)) == core
    assert families_of(tiny, ["alpha158"]) == ("alpha158",)
    assert "technical" not in families_of(replace(tiny, features=("technical",)))
    clusters = replace(tiny, transforms=(ClusterSpec(kind="clusters", columns=FAMILIES["volatility"].names[:1]),))
    assert "volatility" not in families_of(clusters)
    for experiment, sets, rule in (
        (tiny, ["astrology"], "unknown_family"),
        (clusters, ["volatility"], "ablation_families"),
    ):
        with pytest.raises(BadInputError, match=rule):
            families_of(experiment, sets)


def test_a_person_starts_it(done_world: World) -> None:
    """No layer of a run holds it, no asset waits for it, and the daemon has no condition to request it by."""
    key = keys.ablation("tiny")
    assert key in by_hand(done_world.experiments)
    graph = done_world.definitions.resolve_asset_graph()
    assert graph.get(key).automation_condition is None
    assert graph.get(key).child_keys == set()
    assert all(key not in layer.assets for layer in done_world.layers(done_world.snapshot(NULL_AT)))
