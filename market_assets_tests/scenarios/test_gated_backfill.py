"""The planted proof: a backfill in which a gate fails leaves no champion, whatever the daemon launches."""

import pytest
from dagster._core.execution.backfill import BulkActionStatus, PartitionBackfill

from market_assets.assets import champion, keys, training
from market_assets_tests.scenarios.backfills import backfill, launched
from market_assets_tests.worlds import CLEAN_AT, NULL_AT, SPOILT_AT, TINY, World, champion_traces

# raised inside Dagster: it describes schedules to the daemon, and looks for the anchor of a backfill
pytestmark = [
    pytest.mark.filterwarnings("ignore:Property `ScheduleDefinition.environment_vars`:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:Function `AssetSelection.sources`:DeprecationWarning"),
]

CHAMPION = keys.champion("tiny")
ABOVE = [
    keys.SNAPSHOT,
    keys.QUALITY,
    *(keys.features(name) for name in TINY["features"]),
    keys.labels("tiny"),
    keys.QUALITY_REPORT,
    keys.LEAKAGE_REPORT,
    keys.label_report("tiny"),
]
BELOW = [
    keys.training_set("tiny"),
    keys.fold_plan("tiny"),
    keys.fold_models("tiny", "elastic_net"),
    keys.fold_models("tiny", "lightgbm"),
    keys.out_of_fold("tiny"),
    keys.calibration("tiny"),
    keys.backtest("tiny"),
    keys.validity("tiny"),
    keys.gate_report("tiny"),
    CHAMPION,
]
"""Above and below the first three gates; together the whole layer set from the snapshot to the champion."""


def _tell(name: str, world: World, done: PartitionBackfill, gated: str) -> list[str]:
    """Print attempts and violations; returns the violations."""
    found = champion_traces(world, gated)
    runs = [run for run in launched(world, done) if run.tags.get("dagster/partition") == gated]
    attempts = [run for run in runs if CHAMPION in (run.asset_selection or ())]
    figures = f"{len(attempts)} runs with the gated champion, {len(found)} violations"
    print(f"{name}: {done.status.value}, {figures}")  # noqa: T201 figures for the reader
    return found


def _promoted(world: World) -> str | None:
    step = world.governance.registry().champion("tiny")
    return None if step is None else world.governance.registry().get(step.model_version).snapshot_id


def test_backfill_of_the_whole_graph_leaves_no_champion_behind_a_closed_gate(daemon_world: World) -> None:
    """Over a sound and a null snapshot the daemon ends with one champion: the sound one's.

    The policy is the real one: the planted edge of the tiny market is strong enough to pass every default.
    """
    clean, null = daemon_world.snapshot(CLEAN_AT), daemon_world.snapshot(NULL_AT)
    done = backfill(daemon_world, [*ABOVE, *BELOW], [clean, null])
    assert _tell("whole graph, null market", daemon_world, done, null) == []
    assert done.status == BulkActionStatus.COMPLETED_FAILED
    assert len(champion_traces(daemon_world, clean)) == 4
    assert daemon_world.instance.get_materialized_partitions(CHAMPION) == {clean}
    assert _promoted(daemon_world) == clean
    assert null in daemon_world.instance.get_materialized_partitions(keys.gate_report("tiny"))
    assert daemon_world.governance.audit().verify().intact


def test_backfill_below_a_failed_check_is_launched_and_refused(daemon_world: World) -> None:
    """Dagster calls a backfill with a failed check a success and launches what follows; our lock refuses it."""
    spoilt = daemon_world.snapshot(SPOILT_AT)
    above = backfill(daemon_world, ABOVE, [spoilt])
    assert above.status == BulkActionStatus.COMPLETED_SUCCESS
    assert "FAILURE" in [run.status.value for run in launched(daemon_world, above)]
    assert daemon_world.instance.get_materialized_partitions(keys.QUALITY_REPORT) == {spoilt}
    done = backfill(daemon_world, BELOW, [spoilt])
    assert [run.status.value for run in launched(daemon_world, done)] == ["FAILURE"]
    assert _tell("below quality", daemon_world, done, spoilt) == []
    assert done.status == BulkActionStatus.COMPLETED_FAILED
    assert daemon_world.instance.get_materialized_partitions(keys.training_set("tiny")) == set()


def test_mutant_without_the_third_lock_is_caught(daemon_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """With ``require`` removed the same two backfills end in a champion on the spoilt snapshot: the proof can fail."""
    for module in (training, champion):
        monkeypatch.setattr(module, "require", lambda *_: None)
    spoilt = daemon_world.snapshot(SPOILT_AT)
    backfill(daemon_world, ABOVE, [spoilt])
    done = backfill(daemon_world, BELOW, [spoilt])
    assert len(_tell("mutant, below quality", daemon_world, done, spoilt)) == 4
    assert _promoted(daemon_world) == spoilt
