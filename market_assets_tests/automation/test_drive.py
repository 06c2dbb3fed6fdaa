"""Driving layers in this process: what a run reports, and where a chain stops."""

from market_assets.assets import keys
from market_assets.automation.drive import run_layer, run_layers
from market_assets.automation.layers import Layer
from market_assets_tests.worlds import CLEAN_AT, SPOILT_AT, World


def test_a_run_reports_its_stages(world: World) -> None:
    """Every materialized asset with its time and peak memory; the run is found again by its id and tags."""
    clean = world.snapshot(CLEAN_AT)
    run = world.run_layer(clean, "training")
    assert run.success
    own = {f"tiny/{name}" for name in ("label_report", "training_set", "fold_plan", "feature_diagnostics")}
    assert set(run.stages) == {"quality_report", "leakage_report"} | own
    for figures in run.stages.values():
        assert figures["seconds"] >= 0
        assert figures["peak_rss_mb"] > 50
    stored = world.instance.get_run_by_id(run.run_id)
    assert stored.tags["market_assets/snapshot"] == clean
    assert run.seconds > 0


def test_a_failed_check_is_told_from_a_failure(world: World) -> None:
    """A closed gate is listed among the failed checks; what did run is still reported."""
    run = world.run_layer(world.snapshot(SPOILT_AT), "training")
    assert not run.success
    assert run.failed_checks == ("quality_report:quality_gate",)
    assert "quality_report" in run.stages
    assert "tiny/training_set" not in run.stages


def test_a_failure_carries_the_words_of_the_asset(fresh_world: World) -> None:
    """A ``dg.Failure`` gives its description, an error of the core its class and message; no check has failed."""
    clean = fresh_world.snapshot(CLEAN_AT)
    layer = Layer("gate", (keys.training_set("tiny"),), clean, clean)
    run = run_layer(fresh_world.job, fresh_world.instance, layer)
    (failure,) = run.failures
    assert failure.step == "tiny__training_set"
    assert failure.message.startswith("gate closed: no quality report")
    assert run.failed_checks == ()
    fresh_world.instance.add_dynamic_partitions("snapshot", ["20180101-0123456789ab"])
    missing = Layer("snapshot", (keys.SNAPSHOT,), "20180101-0123456789ab", "20180101-0123456789ab")
    (failure,) = run_layer(fresh_world.job, fresh_world.instance, missing).failures
    assert failure.error == "BadInputError"
    assert "is not a snapshot of this warehouse" in failure.message


def test_a_chain_stops_at_its_first_failure(fresh_world: World) -> None:
    """Layers after a failed one are not started; progress is told after each."""
    clean = fresh_world.snapshot(CLEAN_AT)
    wanted = [layer for layer in fresh_world.layers(clean) if layer.name in ("snapshot", "training", "gate")]
    told = []
    runs = run_layers(fresh_world.job, fresh_world.instance, wanted, progress=told.append)
    assert [(run.layer.name, run.success) for run in runs] == [("snapshot", True), ("training", False)]
    assert told == runs
