"""The switchboard as a lock: an optional feature family stands in a training set only where a report shows its lift.

A report of an experiment with another label or account is none."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from market_assets.assets import keys
from market_assets.assets.locks import ABLATION, switchboard_verdict
from market_assets.automation.drive import run_layer
from market_assets.automation.layers import ablation_layer
from market_assets.core.features.registry import FAMILIES
from market_assets.core.market.panel import Floats, Panel
from market_assets_tests.worlds import CLEAN_AT, World, document, failures, reopened, write_experiments

TRAINING_SET = keys.training_set("tiny")


def noise(panel: Panel) -> Floats:
    """Values of a family that knows nothing."""
    return np.random.default_rng(5).normal(size=(panel.n_rows, len(FAMILIES["regime"].names)))


def refusal(world: World, **changes) -> str:
    """What the training set says to an experiment file with some keys changed; empty where it is made."""
    write_experiments(world.settings.experiments, document(**changes))
    result = reopened(world).materialize(TRAINING_SET, world.snapshot(CLEAN_AT))
    return "" if result.success else failures(result)[0]


def test_an_optional_family_needs_a_report_that_shows_lift(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The family with the edge enters under its report's hash; without one, under another and as noise it does not."""
    monkeypatch.setitem(FAMILIES, "technical", replace(FAMILIES["technical"], tier="optional"))
    monkeypatch.setitem(FAMILIES, "regime", replace(FAMILIES["regime"], tier="optional", compute=noise))
    clean, tiny = world.snapshot(CLEAN_AT), world.tiny
    run = run_layer(world.job, world.instance, ablation_layer(clean, tiny, ("technical", "regime")))
    assert run.success, run.failures
    stored = world.warehouse.reports.latest(ABLATION, clean, "tiny")
    assert stored is not None
    assert {one["family"]: one["shown"] for one in stored.payload["lifts"]} == {"technical": True, "regime": False}

    report = stored.content_hash
    silent = refusal(world)
    assert silent.startswith(f"switchboard gate refused snapshot {clean}")
    assert "Family technical is optional; switched_on names no ablation report for it." in silent
    assert "stands in a stored report" in refusal(world, switched_on={"technical": "0" * 64})
    both = {"features": [*tiny.features, "regime"], "switched_on": {"technical": report, "regime": report}}
    text = refusal(world, **both)
    assert "must show lift of regime" in text
    assert "lift of technical" not in text
    assert refusal(world, switched_on={"technical": report}) == ""

    other = refusal(world, switched_on={"technical": report}, portfolio={"smoothing": 3, "cap": 0.25})
    assert "must be of an experiment like this one; they differ in portfolio." in other
    named = replace(tiny, switched_on={"technical": report})
    assert switchboard_verdict(world.warehouse, named).passed
    (label,) = switchboard_verdict(world.warehouse, replace(named, label=replace(tiny.label, holding=10))).failures
    assert label.text.endswith("they differ in label.")
