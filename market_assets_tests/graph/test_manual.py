"""The UI is the manual: what it shows of every asset, check, job and resource is filled in and gives nothing away."""

import json

import dagster as dg
import pytest

from market_assets.automation.layers import bar_layers, champion_layer, graph_layers
from market_assets.definitions import build
from market_assets.experiments.loader import load_experiments
from market_assets.settings import Settings

SECRET = "s3cret-word"
JOBS = ("register_symbols", "register_side_series", "cut_snapshot", "run_experiment")
WITHOUT_COLUMNS = {"quality", "quality_report", "leakage_report", "fold_plan", "calibration", "backtest", "validity"}
WITHOUT_COLUMNS |= {
    "label_report",
    "label_search",
    "sensitivity",
    "ablation",
    "second_stage",
    "gate_report",
    "champion",
    "drift_report",
}
WITHOUT_COLUMNS |= {"feature_diagnostics", "importance"}
"""Reports: their tables are metadata of each materialization."""


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    """Settings with a password in every address."""
    url = f"postgresql://user:{SECRET}@127.0.0.1:1/name"
    return Settings(
        home=tmp_path_factory.mktemp("home"),
        database_url=url,
        owner_url=url,
        dagster_url=url,
        redis_url=f"redis://:{SECRET}@127.0.0.1:1/0",
    )


@pytest.fixture(scope="module")
def definitions(settings):
    """The whole code location."""
    return build(settings)


def test_every_asset_is_described(definitions):
    """Description, group, kind, owner, code version, partitions and, where it holds rows, columns with a text each."""
    for asset in definitions.assets:
        for spec in asset.specs:
            name = spec.key.to_user_string()
            assert len(spec.description or "") > 80, name
            filled = (spec.group_name, spec.kinds, spec.owners, spec.code_version, spec.partitions_def)
            assert all(filled), name
            schema = spec.metadata.get("dagster/column_schema")
            assert (schema is None) == (spec.key.path[-1] in WITHOUT_COLUMNS), name
            assert schema is None or all(column.description for column in schema.columns), name


def test_every_check_job_schedule_and_sensor_is_described(definitions):
    """A blank description in the UI is a hole in the manual."""
    repository = definitions.get_repository_def()
    for check in definitions.asset_checks:
        assert all(spec.description and spec.blocking for spec in check.check_specs)
    jobs = [repository.get_job(name) for name in JOBS]
    for thing in (*jobs, *repository.schedule_defs, *repository.sensor_defs):
        assert thing.description, thing.name


@pytest.mark.parametrize("name", JOBS)
def test_the_form_of_a_job_is_small_and_valid(definitions, name, monkeypatch):
    """The launchpad opens with the operator's fields only, and they can be launched as they stand."""
    monkeypatch.setenv("MARKET_ASSETS_DATABASE_URL", "postgresql://user@127.0.0.1:1/name")
    job = definitions.get_repository_def().get_job(name)
    assert set(job.run_config) == {"ops"}
    assert dg.validate_run_config(job, job.run_config)


def test_no_password_reaches_what_the_ui_is_told(definitions):
    """Addresses are names of environment variables in the code location's own description of itself."""
    shown = {name: resource.get_resource_definition().config_schema for name, resource in definitions.resources.items()}
    told = json.dumps({name: str(schema.default_value) for name, schema in shown.items() if schema.default_provided})
    assert "MARKET_ASSETS_DATABASE_URL" in told
    assert SECRET not in told


def test_every_run_can_be_found_by_layer_experiment_and_snapshot():
    """Tags of the runs that commands and jobs start; bars belong to no snapshot, shared layers to no experiment."""
    experiment = load_experiments(Settings.from_environment({}).experiments)["direction_daily"]
    names = ["A", "B"]
    assert bar_layers(names, names)[0].tags == {"market_assets/layer": "bars"}
    layers = [*graph_layers("20200101-abc", names, names, experiment), champion_layer("20200101-abc", experiment)]
    assert {layer.tags["market_assets/snapshot"] for layer in layers} == {"20200101-abc"}
    assert {layer.tags.get("market_assets/experiment") for layer in layers} == {None, "direction_daily"}
    assert "market_assets/experiment" not in layers[0].tags
