"""The second stage in the graph: every fit is a trial, nothing is done twice, and the report says what it rests on."""

from __future__ import annotations

from dataclasses import replace

import pytest

from market_assets.assets import keys
from market_assets.assets.locks import GATE_REPORT
from market_assets.assets.second_stage import KIND, build_second_stage
from market_assets.automation.drive import run_layer
from market_assets.automation.layers import second_stage_layer
from market_assets.core.validity.second_stage import SECOND_STAGE_VERSION, SecondStageSpec
from market_assets.definitions import by_hand
from market_assets.governance.trial_audit import STARTED, audited_trials
from market_assets_tests.cli.tool import behind, say
from market_assets_tests.worlds import CLEAN_AT, NULL_AT, World, failures

JUDGED = 2
"""Walk-forward blocks of the tiny experiment that have an earlier one."""


def test_every_fit_is_a_trial_and_none_is_done_twice(
    world: World, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Ledger and audit log grow by the fits of the judged blocks, again by none; the command shows what is stored."""
    clean, ledger = world.snapshot(CLEAN_AT), world.governance.ledger()
    before = ledger.count(clean)
    run = run_layer(world.job, world.instance, second_stage_layer(clean, world.tiny))
    assert run.success, run.failures
    stored = world.warehouse.reports.latest(KIND, clean, "tiny")
    assert stored is not None
    after, payload = ledger.count(clean), stored.payload
    assert payload["fits"] == JUDGED
    assert (after.fits - before.fits, after.configurations - before.configurations) == (JUDGED, 1)
    assert audited_trials(world.governance.audit().rows(STARTED), clean).fits == after.fits
    gate = world.warehouse.reports.latest(GATE_REPORT, clean, "tiny")
    assert gate is not None
    assert payload["best"] == gate.payload["evidence"]["best"]
    assert (payload["version"], payload["family"], payload["threshold"]) == (SECOND_STAGE_VERSION, "elastic_net", 0.5)
    first, *later = payload["blocks"]
    assert (first["key"], first["judged"]) == ("wf00", 0)
    assert "no trade was decided" in first["cause"]
    assert [one["taught"] for one in later] == sorted(one["taught"] for one in later)
    trades = payload["trades"]
    assert trades["decided"] <= trades["judged"] == sum(one["judged"] for one in later)
    assert 0.0 < trades["taken_share"] <= 1.0
    assert trades["base_rate"] > 0.5, "the planted edge pays"
    sharpe = payload["account"]["sharpe"]
    assert payload["shown"] is (sharpe["low"] > 0.0)

    behind(world, monkeypatch)
    said = say(capfd, "second-stage", clean, "--experiment", "tiny", "--json")
    assert said.code == 0, said.err
    assert said.document["report"] == stored.content_hash
    assert said.document["trials"]["new"] == 0
    shown = say(capfd, "second-stage", clean, "--experiment", "tiny")
    for words in ("base_rate", "precision", "lift shown", "0 new trials"):
        assert words in shown.out
    assert ledger.count(clean) == after


def test_a_spoilt_snapshot_is_refused_and_nothing_is_recorded(fresh_world: World) -> None:
    """Without a leakage proof nothing is fitted, and no trial is lost on it."""
    clean = fresh_world.snapshot(CLEAN_AT)
    result = fresh_world.materialize(keys.second_stage("tiny"), clean)
    assert not result.success
    assert "leakage" in failures(result)[0]
    assert fresh_world.governance.ledger().count(clean).fits == 0


def test_the_second_model_is_declared_and_read_by_nobody(world: World) -> None:
    """Another family is another code version; at its default it is no part of the document; the daemon leaves it be."""
    (plain,) = build_second_stage(world.tiny, world.policy).code_versions_by_key.values()
    other = replace(world.tiny, second_stage=SecondStageSpec(family="lightgbm", params={"rounds": 10}))
    (changed,) = build_second_stage(other, world.policy).code_versions_by_key.values()
    assert plain != changed
    assert "second_stage" not in world.tiny.document()
    assert other.document()["second_stage"]["family"] == "lightgbm"
    key = keys.second_stage("tiny")
    assert key in by_hand(world.experiments)
    graph = world.definitions.resolve_asset_graph()
    assert not graph.get(key).child_keys
    assert world.snapshot(NULL_AT) not in world.instance.get_materialized_partitions(key)
