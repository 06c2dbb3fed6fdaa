"""What is missing or stale above an asset is named, never guessed; what is stored is never made twice."""

from dataclasses import replace

import dagster as dg
import pytest

from market_assets.assets import keys
from market_assets.core.features.registry import FAMILIES
from market_assets.partitions import key_of
from market_assets_tests.worlds import (
    CLEAN_AT,
    TINY_FOLDS,
    World,
    champion_traces,
    document,
    failures,
    reopened,
    write_experiments,
)


def _counts(world: World) -> dict[str, int]:
    """Rows of every append-only table that a second run must not lengthen."""
    tables = ("bar", "snapshot", "report", "fit", "trial", "promotion_decision", "model_version", "champion_history")
    with world.warehouse.database.transaction() as connection:
        return {name: connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in tables}


def _metadata(result: dg.ExecuteInProcessResult, key: dg.AssetKey) -> dict:
    (event, *_) = result.asset_materializations_for_node("__".join(key.path))
    return {name: value.value for name, value in event.metadata.items()}


def test_a_second_run_makes_nothing_twice(world: World) -> None:
    """Driven again to its end, a finished snapshot adds no report, fit, trial, decision, model version or step."""
    clean, before = world.snapshot(CLEAN_AT), _counts(world)
    traces = champion_traces(world, clean)
    runs = world.run(clean)
    assert runs[-1].success, runs[-1].failures
    assert _counts(world) == before
    assert set(champion_traces(world, clean)) == {*traces, "champion partition is materialized"}
    events = [row.event for row in world.governance.audit().rows()]
    assert events.count("promotion") == 1
    assert events.count("promotion_decision") == 2, "one a gate report: the clean and the null one"


def test_stored_folds_are_kept(world: World) -> None:
    """A fold whose identity is stored is counted as kept; a lost one is fitted alone, with equal bytes."""
    clean = world.snapshot(CLEAN_AT)
    cell = key_of(snapshot=clean, fold="cp03")
    result = world.materialize(keys.fold_models("tiny", "lightgbm"), cell)
    facts = _metadata(result, keys.fold_models("tiny", "lightgbm"))
    assert (facts["fits"], facts["fits_kept"]) == (0, 1)


def test_one_fold_alone_equals_the_bulk_run(world: World, fresh_world: World) -> None:
    """A fold fitted alone in another world has the bytes of the run over all folds, and is one trial."""
    clean = world.snapshot(CLEAN_AT)
    assert fresh_world.run(clean, until="training")[-1].success
    result = fresh_world.materialize(keys.fold_models("tiny", "lightgbm"), key_of(snapshot=clean, fold="cp03"))
    assert result.success, failures(result)
    (alone,) = fresh_world.warehouse.fits.list(clean, "tiny", "lightgbm")
    (bulk,) = [item for item in world.warehouse.fits.list(clean, "tiny", "lightgbm") if item.fold == "cp03"]
    assert (alone.fingerprint, alone.artifact) == (bulk.fingerprint, bulk.artifact)
    assert alone.calibrated.tobytes() == bulk.calibrated.tobytes()
    assert fresh_world.governance.ledger().count(clean).fits == 1
    assert world.governance.ledger().count(clean).fits == 2 * len(TINY_FOLDS)
    text = failures(fresh_world.materialize(keys.out_of_fold("tiny"), clean))[0]
    assert "no prediction of folds wf00, wf01" in text


@pytest.mark.parametrize(
    ("key", "text"),
    [
        (keys.QUALITY_REPORT, "no quality of"),
        (keys.training_set("tiny"), "no quality report"),
        (keys.fold_plan("tiny"), "no training_set report"),
        (keys.fold_models("tiny", "elastic_net"), "no training_set report"),
        (keys.out_of_fold("tiny"), "no training_set report"),
        (keys.backtest("tiny"), "no training_set report"),
        (keys.gate_report("tiny"), "no backtest report"),
        (keys.drift_report("tiny"), "tiny has no champion yet"),
    ],
    ids=str,
)
def test_a_missing_upstream_is_named(fresh_world: World, key: dg.AssetKey, text: str) -> None:
    """Materialized over nothing, each asset fails with the name of what is missing."""
    clean = fresh_world.snapshot(CLEAN_AT)
    partition = key_of(snapshot=clean, fold="wf00") if "fold_models" in key.path else clean
    result = fresh_world.materialize(key, partition)
    assert not result.success
    assert text in failures(result)[0]


def test_stale_features_are_named(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a change of a family's code the training set asks for its features, until they are made again."""
    clean = world.snapshot(CLEAN_AT)
    monkeypatch.setitem(FAMILIES, "volatility", replace(FAMILIES["volatility"], version="of-tomorrow"))
    assert world.materialize(keys.LEAKAGE_REPORT, clean).success
    result = world.materialize(keys.training_set("tiny"), clean)
    assert "volatility features of 8 symbols are missing or older than the code or spec" in failures(result)[0]


def test_stale_labels_are_named(world: World) -> None:
    """Another label specification in the experiment file makes the stored labels, and the report on them, stale."""
    clean = world.snapshot(CLEAN_AT)
    changed = document(label={"kind": "triple_barrier", "holding": 7})
    write_experiments(world.settings.experiments, changed)
    other = reopened(world)
    report = other.materialize(keys.label_report("tiny"), clean)
    assert "labels of 8 symbols are missing or older" in failures(report)[0]
    training = other.materialize(keys.training_set("tiny"), clean)
    assert "label report is of other labels" in failures(training)[0]


def test_a_changed_model_makes_stored_folds_stale(world: World) -> None:
    """Another parameter in the experiment file: the old fits do not count as predictions of the new configuration."""
    clean = world.snapshot(CLEAN_AT)
    changed = document(models={"elastic_net": {"alpha": 0.01}, "lightgbm": {"rounds": 20}})
    write_experiments(world.settings.experiments, changed)
    result = reopened(world).materialize(keys.out_of_fold("tiny"), clean)
    assert "no prediction of folds wf00" in failures(result)[0]


def test_a_champion_of_an_outdated_gate_report_is_refused(world: World) -> None:
    """Another seed in the experiment file: the evidence is of another configuration, so nothing is promoted by it."""
    clean = world.snapshot(CLEAN_AT)
    before = champion_traces(world, clean)
    write_experiments(world.settings.experiments, document(seed=8))
    result = reopened(world).materialize(keys.champion("tiny"), clean)
    assert "judged another training set, configuration or device" in failures(result)[0]
    assert champion_traces(world, clean) == before
