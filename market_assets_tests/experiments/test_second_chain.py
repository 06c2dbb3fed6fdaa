"""A second experiment file is a second chain, without a line of code."""

from pathlib import Path

import dagster as dg
import pytest

from market_assets.assets import keys
from market_assets.core.features.registry import FAMILIES
from market_assets.definitions import build
from market_assets.settings import Settings
from market_assets_tests.graph.snapshot import keys_of
from market_assets_tests.worlds import NULL_AT, TINY, World, document, reopened, write_experiments

SECOND = document(
    name="second",
    features=["regime"],
    models={"random_forest": {"trees": 10}},
    folds={"walk_forward": {"folds": 2}, "combinatorial": {"groups": 3, "test_groups": 1}},
)
MODELS = {"tiny": ("elastic_net", "lightgbm"), "second": ("random_forest",)}


@pytest.fixture
def definitions(tmp_path: Path) -> dg.Definitions:
    folder = write_experiments(tmp_path / "experiments", TINY, SECOND)
    return build(Settings(home=tmp_path, experiments=folder))


def test_two_files_give_two_chains(definitions: dg.Definitions) -> None:
    """Keys of both chains stand beside one set of shared layers."""
    found = {node.key for node in definitions.resolve_asset_graph().asset_nodes}
    assert found == keys_of(MODELS, tuple(FAMILIES))
    dg.Definitions.validate_loadable(definitions)


def test_each_chain_has_its_check_schedule_and_sensor(definitions: dg.Definitions) -> None:
    """Gate checks, monthly schedule and drift sensor carry the experiment's name; operator jobs are shared."""
    repository = definitions.get_repository_def()
    checks = {key.asset_key.to_user_string() for key in definitions.resolve_asset_graph().asset_check_keys}
    own = {f"{name}/{report}" for name in ("tiny", "second") for report in ("label_report", "gate_report")}
    assert checks == {"quality_report", "leakage_report"} | own
    assert {schedule.name for schedule in repository.schedule_defs} == {"monthly_tiny", "monthly_second"}
    assert {"drift_tiny", "drift_second"} <= {sensor.name for sensor in repository.sensor_defs}
    assert {"register_symbols", "cut_snapshot", "run_experiment"} <= set(repository.job_names)


def test_the_file_shapes_its_chain(definitions: dg.Definitions) -> None:
    """Fold partitions, feature edges and code versions come from the file."""
    graph = definitions.resolve_asset_graph()
    second = graph.get(keys.fold_models("second", "random_forest")).partitions_def
    folds = {part.name: part.partitions_def for part in second.partitions_defs}["fold"]
    assert list(folds.get_partition_keys()) == ["wf00", "wf01", "cp00", "cp01", "cp02"]
    parents = graph.get(keys.training_set("second")).parent_keys
    assert keys.features("regime") in parents
    assert keys.features("technical") not in parents
    versions = [graph.get(keys.gate_report(name)).code_version for name in ("tiny", "second")]
    assert all(versions)


def test_a_changed_value_is_a_new_code_version(tmp_path: Path) -> None:
    """Another parameter of one family marks that family's models as changed, and no other family's."""
    changed = document(models={"elastic_net": {}, "lightgbm": {"rounds": 21}})
    found = []
    for number, content in enumerate((TINY, changed)):
        folder = write_experiments(tmp_path / str(number), content)
        graph = build(Settings(home=tmp_path, experiments=folder)).resolve_asset_graph()
        found.append({node.key: node.code_version for node in graph.asset_nodes})
    differing = {key for key in found[0] if found[0][key] != found[1][key]}
    assert keys.fold_models("tiny", "lightgbm") in differing
    assert keys.fold_models("tiny", "elastic_net") not in differing
    assert keys.training_set("tiny") not in differing


def test_the_second_chain_runs_to_its_verdict(world: World) -> None:
    """On a snapshot the first chain has finished, the second one runs beside it, and its fits count as trials."""
    null = world.snapshot(NULL_AT)
    before = world.governance.ledger().count(null)
    write_experiments(world.settings.experiments, TINY, SECOND)
    other = reopened(world)
    runs = other.run(null, until="gate", name="second")
    assert runs[-1].failed_checks == ("second/gate_report:promotion_gate",), runs[-1].failures
    count = world.governance.ledger().count(null)
    assert (count.fits - before.fits, count.configurations - before.configurations) == (5, 1)
    assert world.governance.registry().decisions("second", null)[-1].promoted is False
    report = world.warehouse.reports.latest("gate", null, "second")
    assert report.payload["trials"]["fits"] == count.fits, "every experiment's looks at the snapshot count"
