"""The drift report of a snapshot against its champion."""

from datetime import UTC, datetime

from market_assets.assets import keys
from market_assets.assets.drift import KIND, PREDICTIONS
from market_assets.core.market.synthetic import SyntheticSpec, synthesize
from market_assets_tests.worlds import CLEAN_AT, EDGE, NULL_AT, SEED, SYMBOLS, World, failures, revise

LATER = datetime(2018, 6, 1, tzinfo=UTC)


def test_it_compares_the_newest_sessions_with_the_champions_data(world: World) -> None:
    """PSI of every feature, KS of the predictions, the champion's name; the sensor's report is the newest one."""
    clean = world.snapshot(CLEAN_AT)
    result = world.materialize(keys.drift_report("tiny"), clean)
    assert result.success, failures(result)
    report = world.warehouse.reports.newest(KIND, "tiny")
    step = world.governance.registry().champion("tiny")
    assert report.payload["champion"] == step.model_version
    assert len(report.payload["features"]) == len(
        world.warehouse.reports.latest("training_set", clean, "tiny").payload["features"]
    )
    assert report.payload["predictions"]["m"] == 60 * 8
    assert report.payload["complete"]
    corrected = report.payload["corrected"]
    assert len(corrected["tests"]) + len(corrected["gaps"]) == len(report.payload["features"]) + 1
    assert corrected["tests"][-1]["name"] == PREDICTIONS
    assert corrected["block_sessions"] == 60
    world.materialize(keys.drift_report("tiny"), clean)
    assert len(world.warehouse.reports.history(KIND, clean, "tiny")) == 1


def test_it_judges_another_snapshot(world: World) -> None:
    """A snapshot of the null market is held against the champion of the sound one, although it has no champion."""
    null = world.snapshot(NULL_AT)
    result = world.materialize(keys.drift_report("tiny"), null)
    assert result.success, failures(result)
    report = world.warehouse.reports.latest(KIND, null, "tiny")
    assert report.payload["champion"].startswith("tiny-")


def test_a_longer_history_of_the_same_market_can_be_judged(world: World) -> None:
    """Half a year on, the same symbols with more bars: the reference stays the champion's own training set."""
    spec = SyntheticSpec(kind="planted", symbols=SYMBOLS, years=3.0, seed=SEED, edge=EDGE)
    later = revise(world, synthesize(spec).panel, LATER)
    runs = world.run(later, until="training")
    assert runs[-1].success, runs[-1]
    result = world.materialize(keys.drift_report("tiny"), later)
    assert result.success, failures(result)
    payload = world.warehouse.reports.latest(KIND, later, "tiny").payload
    assert payload["predictions"]["m"] == 60 * SYMBOLS
    reference = world.warehouse.reports.latest("training_set", world.snapshot(CLEAN_AT), "tiny").payload["rows"]
    assert payload["predictions"]["n"] == reference
    print(f"KS {payload['predictions']['statistic']:.3f}, drifted {payload['drifted_share']:.3f}")  # noqa: T201


def test_the_reference_is_the_data_of_the_manifest(world: World) -> None:
    """When the champion's training set was replaced since, the report refuses: the reference would be another one."""
    clean, null = world.snapshot(CLEAN_AT), world.snapshot(NULL_AT)
    other = world.warehouse.reports.latest("training_set", null, "tiny").payload
    world.warehouse.reports.put("training_set", clean, "tiny", other)
    result = world.materialize(keys.drift_report("tiny"), null)
    assert not result.success
    assert "is not the one its champion was trained on" in failures(result)[0]
