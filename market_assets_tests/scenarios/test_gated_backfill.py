"""The planted proof: a backfill in which a gate fails leaves no champion, whatever the daemon launches."""

import pytest
from dagster._core.execution.backfill import BulkActionStatus

from market_assets.assets import champion, keys, training
from market_assets.core.features.registry import FAMILIES
from market_assets_tests.scenarios.backfills import backfill, launched
from market_assets_tests.worlds import CLEAN_AT, NULL_AT, SPOILT_AT, World, champion_traces

# raised inside Dagster: it describes schedules to the daemon, and looks for the anchor of a backfill
pytestmark = [
    pytest.mark.filterwarnings("ignore:Property `ScheduleDefinition.environment_vars`:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:Function `AssetSelection.sources`:DeprecationWarning"),
]

CHAMPION = keys.champion("tiny")
LAYERS = [
    keys.SNAPSHOT,
    keys.QUALITY,
    *(keys.features(name) for name in FAMILIES),
    keys.labels("tiny"),
    keys.QUALITY_REPORT,
    keys.LEAKAGE_REPORT,
    keys.training_set("tiny"),
    keys.fold_plan("tiny"),
    keys.fold_models("tiny", "elastic_net"),
    keys.fold_models("tiny", "lightgbm"),
    keys.out_of_fold("tiny"),
    keys.calibration("tiny"),
    keys.backtest("tiny"),
    keys.gate_report("tiny"),
    CHAMPION,
]
"""The whole layer set from the snapshot to the champion."""


def _tell(name: str, world: World, done, gated: str) -> list[str]:
    """Print attempts and violations as a line of the test's output; returns the violations."""
    found = champion_traces(world, gated)
    runs = launched(world, done)
    attempts = [
        run for run in runs if CHAMPION in (run.asset_selection or ()) and run.tags.get("dagster/partition") == gated
    ]
    print(
        f"{name}: {len(runs)} runs, status {done.status.value}, champion attempts on the gated snapshot "
        f"{len(attempts)}, violations {len(found)}"
    )
    return found


def test_backfill_of_the_whole_graph_leaves_no_champion_behind_a_closed_gate(daemon_world: World) -> None:
    """Over a sound, a spoilt and a null snapshot the daemon ends with one champion: the sound one's.

    The policy is the real one: the planted edge of the tiny market is strong enough to pass every default.
    """
    clean, spoilt, null = (daemon_world.snapshot(at) for at in (CLEAN_AT, SPOILT_AT, NULL_AT))
    done = backfill(daemon_world, LAYERS, [clean, spoilt, null])
    violations = [*_tell("quality", daemon_world, done, spoilt), *_tell("promotion", daemon_world, done, null)]
    assert violations == []
    assert done.status == BulkActionStatus.COMPLETED_FAILED
    assert len(champion_traces(daemon_world, clean)) == 4
    assert daemon_world.instance.get_materialized_partitions(CHAMPION) == {clean}
    step = daemon_world.governance.registry().champion("tiny")
    assert step is not None
    assert daemon_world.governance.registry().get(step.model_version).snapshot_id == clean
    assert spoilt not in daemon_world.instance.get_materialized_partitions(keys.training_set("tiny"))
    assert null in daemon_world.instance.get_materialized_partitions(keys.gate_report("tiny"))
    assert daemon_world.governance.audit().verify().intact


def test_mutant_without_the_third_lock_is_caught(daemon_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """With ``require`` removed the same procedure finds a champion on the spoilt snapshot: the proof can fail."""
    for module in (training, champion):
        monkeypatch.setattr(module, "require", lambda *_: None)
    spoilt = daemon_world.snapshot(SPOILT_AT)
    done = backfill(daemon_world, LAYERS, [spoilt])
    assert len(_tell("mutant", daemon_world, done, spoilt)) == 4
