"""The label gate in the graph: planted bad labels are refused through all three locks, sound ones pass."""

from dataclasses import replace

import numpy as np
import pytest

from market_assets.assets import keys
from market_assets.assets.label_report import KIND
from market_assets.assets.labels import label_fingerprint, load_labels
from market_assets.assets.panel import load_panel
from market_assets.assets.training import TRAINING_SET
from market_assets.core.labels.regimes import behaviour
from market_assets.core.labels.triple_barrier import Labels, triple_barrier
from market_assets.core.market.adjust import adjust
from market_assets.core.market.panel import Panel
from market_assets_tests.automation.ticks import Daemon, upstream
from market_assets_tests.worlds import (
    CLEAN_AT,
    NULL_AT,
    World,
    document,
    failures,
    materialized,
    reopened,
    write_experiments,
)

REPORT, TRAINING = keys.label_report("tiny"), keys.training_set("tiny")


def one_class(panel: Panel, labels: Labels) -> Labels:
    """99 of 100 labels say up."""
    rare = np.arange(panel.n_rows) % 100 == 0
    return replace(labels, label=np.where(labels.defined, np.where(rare, -1, 1), 0).astype(np.int8))


def uncovered(panel: Panel, labels: Labels) -> Labels:
    """No label where the symbol's volatility is high."""
    regimes = behaviour(panel)
    keep = labels.defined & (regimes.code != regimes.names.index("high volatility"))
    label, barrier = (np.where(keep, array, 0).astype(np.int8) for array in (labels.label, labels.barrier))
    return replace(labels, defined=keep, label=label, barrier=barrier, ret=np.where(keep, labels.ret, np.nan))


PLANTED = {"one class": (one_class, "Class -1 has"), "uncovered": (uncovered, "high volatility has 0 labels")}


def plant(world: World, snapshot_id: str, spoil) -> None:
    """Store other labels under the fingerprint of the sound ones, as a bug in the label code would."""
    manifest = world.warehouse.snapshots.get(snapshot_id)
    panel = adjust(load_panel(world.warehouse, manifest))
    labels = spoil(panel, load_labels(world.warehouse, manifest, world.tiny, panel.symbols))
    blocks = {
        name: (panel.ts[panel.rows(index)], labels.rows(panel.rows(index))) for index, name in enumerate(panel.symbols)
    }
    prints = {name: label_fingerprint(manifest.content_hash, world.tiny, name) for name in panel.symbols}
    world.warehouse.labels.write(snapshot_id, "tiny", "0" * 64, blocks)
    world.warehouse.labels.write(snapshot_id, "tiny", prints, blocks)


@pytest.mark.parametrize("name", PLANTED)
def test_planted_labels_stop_the_run_and_are_refused_by_hand(world: World, name: str) -> None:
    """First and third lock: the check stops the same run, and the training set alone applies the gate again."""
    spoil, words = PLANTED[name]
    clean = world.snapshot(CLEAN_AT)
    before = world.warehouse.reports.latest(TRAINING_SET, clean, "tiny").content_hash
    plant(world, clean, spoil)
    result = world.job.execute_in_process(
        instance=world.instance, asset_selection=[REPORT, TRAINING], partition_key=clean, raise_on_error=False
    )
    (check,) = result.get_asset_check_evaluations()
    assert (check.check_name, check.passed, check.blocking, check.partition) == ("label_gate", False, True, clean)
    assert words in str(check.description)
    assert materialized(result) == {"tiny/label_report"}
    alone = world.materialize(TRAINING, clean)
    assert not alone.success
    assert failures(alone)[0].startswith(f"label gate refused snapshot {clean}")
    assert words in failures(alone)[0]
    assert world.warehouse.reports.latest(TRAINING_SET, clean, "tiny").content_hash == before


def test_the_daemon_waits_for_sound_labels(world: World) -> None:
    """Second lock: with every other gate open nothing is requested until the labels and their report are sound."""
    clean = world.snapshot(CLEAN_AT)
    daemon = Daemon(world, TRAINING)
    upstream(world, clean)
    for key in (keys.QUALITY_REPORT, keys.LEAKAGE_REPORT):
        assert world.materialize(key, clean).success
    plant(world, clean, one_class)
    assert not world.materialize(REPORT, clean).success
    assert daemon.requested() == set()
    plant(world, clean, lambda panel, _: triple_barrier(panel, world.tiny.label))
    assert world.materialize(REPORT, clean).success
    assert daemon.requested() == {clean}


def test_the_policy_of_the_experiment_file_decides(world: World) -> None:
    """A stricter threshold closes the gate on the same stored report, without anything being made again."""
    clean = world.snapshot(CLEAN_AT)
    strict = document(gates={"promotion": {}, "labels": {"version": 2, "min_class_share": 0.49}})
    write_experiments(world.settings.experiments, strict)
    assert "label gate refused" in failures(reopened(world).materialize(TRAINING, clean))[0]


def test_the_report_is_held_against_the_snapshot_before(done_world: World) -> None:
    """The first snapshot has nothing before it; a later one names it, and the null market's labels moved."""
    reports = done_world.warehouse.reports
    clean, null = done_world.snapshot(CLEAN_AT), done_world.snapshot(NULL_AT)
    assert reports.latest(KIND, clean, "tiny").payload["drift"] is None
    drift = reports.latest(KIND, null, "tiny").payload["drift"]
    before = reports.latest(KIND, drift["snapshot_id"], "tiny").payload
    assert drift["whole"]["reference"] == before["labels"]["defined"]
    assert drift["whole"]["psi"] > 0.0
    assert drift["newest"]["gaps"], "the bars of both snapshots end on one day"
