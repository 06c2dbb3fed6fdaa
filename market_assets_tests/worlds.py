"""Small worlds for the tests of the graph: a real database, a state folder, an instance and the definitions."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl
import psycopg
import yaml
from dagster._core.definitions.reconstruct import ReconstructableRepository
from dagster._core.run_coordinator import DefaultRunCoordinator
from dagster._core.storage.event_log import ConsolidatedSqliteEventLogStorage
from psycopg import sql

from market_assets.assets import keys
from market_assets.automation.drive import LayerRun, run_layer, run_layers
from market_assets.automation.jobs import ASSET_JOB, name_snapshot, register
from market_assets.automation.layers import bar_layers, champion_layer, graph_layers
from market_assets.core.market.defects import plant_defects
from market_assets.core.market.panel import Panel
from market_assets.core.market.synthetic import SyntheticSpec, synthesize
from market_assets.definitions import build
from market_assets.experiments.loader import DATA_POLICY_FILE, load_data_policy, load_experiments
from market_assets.experiments.spec import DataPolicy, Experiment
from market_assets.partitions import SERIES, SNAPSHOT, SYMBOL
from market_assets.resources.artifacts import Artifacts
from market_assets.resources.clock import Clock
from market_assets.resources.governance import Governance
from market_assets.resources.warehouse import Warehouse
from market_assets.services.embedded import Endpoints, Services
from market_assets.settings import Settings
from market_assets.stores.readers import close_kept
from market_assets_tests.databases import name_of, with_name
from market_assets_tests.launcher import ThreadRunLauncher

SYMBOLS, YEARS, EDGE, SEED = 8, 2.5, 0.5, 0
SOURCE = {"kind": "synthetic", "market": "planted", "symbols": SYMBOLS, "years": YEARS, "seed": SEED, "edge": EDGE}
"""An edge so strong that a tiny market passes the real promotion policy, defaults and all."""

TINY: dict[str, Any] = {
    "name": "tiny",
    "version": 1,
    "task": "direction",
    "description": "Two fast families on few folds.",
    "owner": "team:tests",
    "seed": 7,
    "universe": {"min_symbols": 2, "min_sessions": 300},
    "features": ["technical", "volatility"],
    "warmup": 126,
    "label": {"kind": "triple_barrier", "holding": 5},
    "weights": {},
    "folds": {"walk_forward": {"folds": 3}, "combinatorial": {"groups": 4, "test_groups": 2}},
    "models": {"elastic_net": {}, "lightgbm": {"rounds": 20}},
    "calibration": {},
    "portfolio": {"smoothing": 5, "cap": 0.25},
    "costs": {},
    "evaluation": {"bootstrap_reps": 100, "spa_reps": 100},
    "gates": {"promotion": {}},
    "drift": {"sessions": 60},
}
TINY_FOLDS = ("wf00", "wf01", "wf02", "cp00", "cp01", "cp02", "cp03", "cp04", "cp05")

DATA_POLICY = {"version": 1, "quality": {}, "quality_gate": {}, "leakage": {"max_late_share": 1.0}}
"""As shipped, but these worlds are revised as a whole, years after the fact."""

CLEAN_AT = datetime(2018, 1, 1, tzinfo=UTC)
SPOILT_AT = datetime(2018, 2, 1, tzinfo=UTC)
NULL_AT = datetime(2018, 3, 1, tzinfo=UTC)

_numbers = count(1)
_open: dict[str, World] = {}


def document(**changes: Any) -> dict[str, Any]:
    """The tiny experiment with some top-level keys replaced."""
    return {**deepcopy(TINY), **changes}


def write_experiments(folder: Path, *documents: Mapping[str, Any]) -> Path:
    """Write one experiment file a document; returns the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for item in documents:
        (folder / f"{item['name']}.yaml").write_text(yaml.safe_dump(dict(item)))
    return folder


@dataclass(frozen=True)
class World:
    """Everything a test of the graph works with."""

    name: str
    settings: Settings
    endpoints: Endpoints
    instance: dg.DagsterInstance
    definitions: dg.Definitions

    @property
    def job(self) -> dg.JobDefinition:
        """The job of all assets."""
        return self.definitions.get_repository_def().get_job(ASSET_JOB)

    @property
    def experiments(self) -> dict[str, Experiment]:
        return load_experiments(self.settings.experiments)

    @property
    def tiny(self) -> Experiment:
        return self.experiments["tiny"]

    @property
    def policy(self) -> DataPolicy:
        return load_data_policy(self.settings.experiments)

    @property
    def warehouse(self) -> Warehouse:
        return Warehouse(database_url=self.endpoints.database_url)

    @property
    def governance(self) -> Governance:
        return Governance(database_url=self.endpoints.database_url, home=str(self.settings.home))

    @property
    def artifacts(self) -> Artifacts:
        return Artifacts(root=str(self.settings.home / "artifacts"))

    @property
    def symbols(self) -> list[str]:
        """Symbol partitions in registration order."""
        return list(self.instance.get_dynamic_partitions(str(SYMBOL.name)))

    def snapshot(self, at: datetime) -> str:
        """Id of the snapshot that was cut as of a time."""
        return next(item.snapshot_id for item in self.warehouse.snapshots.list() if item.as_of == at)

    def cut(self, at: datetime, symbols: Sequence[str] | None = None) -> str:
        """Cut a snapshot."""
        return name_snapshot(self.instance, self.warehouse, self.governance, Clock(), at, symbols)

    def layers(self, snapshot_id: str, name: str = "tiny") -> list:
        """Every layer of a snapshot, the champion last."""
        members = self.warehouse.snapshots.get(snapshot_id).symbols
        experiment = self.experiments[name]
        return [
            *graph_layers(snapshot_id, members, self.symbols, experiment),
            champion_layer(snapshot_id, experiment),
        ]

    def run(self, snapshot_id: str, until: str = "champion", name: str = "tiny") -> list[LayerRun]:
        """Drive the layers of a snapshot, at most until the named one."""
        layers = self.layers(snapshot_id, name)
        last = max(number for number, layer in enumerate(layers) if layer.name == until)
        return run_layers(self.job, self.instance, layers[: last + 1])

    def run_layer(self, snapshot_id: str, layer: str, name: str = "tiny") -> LayerRun:
        """Drive one layer of a snapshot."""
        return run_layer(
            self.job, self.instance, next(item for item in self.layers(snapshot_id, name) if item.name == layer)
        )

    def materialize(self, key: dg.AssetKey, partition: str, **tags: str) -> dg.ExecuteInProcessResult:
        """Materialize one asset alone, as an operator does from its page."""
        return self.job.execute_in_process(
            instance=self.instance, asset_selection=[key], partition_key=partition, tags=tags, raise_on_error=False
        )

    def execute_job(self, name: str, config: Mapping[str, Any]) -> dg.JobExecutionResult:
        """Run an operator's job with what stands in its form, loaded from a file as a launched run is."""
        job = ReconstructableRepository.for_file(str(self.location_file()), "defs").get_reconstructable_job(name)
        (op,) = job.get_definition().graph.node_dict
        with dg.execute_job(job, self.instance, run_config={"ops": {op: {"config": dict(config)}}}) as result:
            return result

    def location_file(self) -> Path:
        """A file that loads this world as a code location."""
        path = self.settings.home / f"location_{self.name}.py"
        path.write_text(f"from market_assets_tests.worlds import location\n\ndefs = location({self.name!r})\n")
        return path


def materialized(result: dg.ExecuteInProcessResult) -> set[str]:
    """Keys that a run materialized."""
    return {
        event.step_materialization_data.materialization.asset_key.to_user_string()
        for event in result.get_asset_materialization_events()
    }


def failures(result: dg.ExecuteInProcessResult | dg.JobExecutionResult) -> list[str]:
    """Texts of the steps that failed: what a person reads in the UI."""
    texts = []
    for event in result.all_events:
        if event.is_step_failure:
            data = event.step_failure_data
            user = data.user_failure_data.description if data.user_failure_data else None
            cause = data.error.cause if data.error is not None and data.error.cause is not None else data.error
            texts.append(user or (cause.message if cause is not None else ""))
    return texts


def champion_traces(world: World, snapshot_id: str, name: str = "tiny") -> list[str]:
    """Every trace that a champion of a snapshot leaves: materialization, registry step, model version, bundle."""
    found = []
    if snapshot_id in world.instance.get_materialized_partitions(keys.champion(name)):
        found.append("champion partition is materialized")
    with world.warehouse.database.transaction() as connection:
        steps = connection.execute(
            "SELECT h.model_version FROM champion_history h JOIN model_version m USING (model_version) "
            "WHERE m.snapshot_id = %s",
            (snapshot_id,),
        ).fetchall()
        versions = connection.execute(
            "SELECT model_version FROM model_version WHERE snapshot_id = %s", (snapshot_id,)
        ).fetchall()
    found += [f"champion step {row[0]}" for row in steps]
    found += [f"model version {row[0]}" for row in versions]
    bundles = world.governance.bundles
    for path in sorted(bundles.glob("*/manifest.json")) if bundles.exists() else []:
        if f'"snapshot_id":"{snapshot_id}"' in path.read_text():
            found.append(f"bundle {path.parent.name}")
    return found


def location(name: str) -> dg.Definitions:
    """Definitions of an open world: what a test's code location file loads."""
    return _open[name].definitions


@contextmanager
def open_world(
    services: Services,
    home: Path,
    *documents: Mapping[str, Any],
    template: World | None = None,
    persistent: bool = False,
    **changes: Any,
) -> Iterator[World]:
    """A world of its own: a fresh database, or a copy of another world's database, state folder and partitions.

    Parameters
    ----------
    documents : experiment documents; default the tiny one (or the template's files).
    persistent : an instance on disk, as the daemon needs one, whose launcher runs in this process; else in memory.
    changes : fields of ``Settings``.
    """
    home.mkdir(parents=True, exist_ok=True)
    if template is not None:
        shutil.copytree(template.settings.home, home, dirs_exist_ok=True)
    if documents or template is None:
        folder = write_experiments(home / "experiments", *(documents or (TINY,)))
        (folder / DATA_POLICY_FILE).write_text(yaml.safe_dump(DATA_POLICY))
    settings = Settings(home=home, experiments=home / "experiments", device="cpu", workers=1, **changes)
    source = name_of(template.endpoints.database_url) if template else "market_assets"
    with (
        fresh_database(services, source) as endpoints,
        _instance(home / "dagster" if persistent else None) as instance,
    ):
        world = World(name_of(endpoints.database_url), settings, endpoints, instance, build(settings, endpoints))
        _open[world.name] = world
        try:
            if template is not None:
                _copy_partitions(template.instance, instance)
            yield world
        finally:
            del _open[world.name]


@contextmanager
def fresh_database(services: Services, source: str = "market_assets") -> Iterator[Endpoints]:
    """A database of its own on the session's server, copied from another; dropped at the end."""
    name = f"world_{next(_numbers)}"
    session = services.endpoints()
    parts = [sql.Identifier(item) for item in (name, source, "market_assets_owner")]
    close_kept()  # a database with a reader in it cannot be copied
    with psycopg.connect(services.postgres.superuser_url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER {}").format(*parts))
        try:
            urls = (with_name(url, name) for url in (session.database_url, session.owner_url))
            yield Endpoints(*urls, session.dagster_url, None)
        finally:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(parts[0]))


def _instance(folder: Path | None) -> dg.DagsterInstance:
    if folder is None:
        return dg.DagsterInstance.ephemeral()
    folder.mkdir()
    own = {
        "run_launcher": {"module": ThreadRunLauncher.__module__, "class": ThreadRunLauncher.__name__},
        "run_coordinator": {"module": DefaultRunCoordinator.__module__, "class": DefaultRunCoordinator.__name__},
        # one file for all runs: a file a run costs half a second of migrations each
        "event_log_storage": {
            "module": ConsolidatedSqliteEventLogStorage.__module__,
            "class": ConsolidatedSqliteEventLogStorage.__name__,
            "config": {"base_dir": str(folder)},
        },
        "telemetry": {"enabled": False},
    }
    return dg.DagsterInstance.local_temp(str(folder), overrides=own)


def reopened(world: World) -> World:
    """The same world with its experiment files read again."""
    return replace(world, definitions=build(world.settings, world.endpoints))


def _copy_partitions(source: dg.DagsterInstance, target: dg.DagsterInstance) -> None:
    for dimension in (SYMBOL, SERIES, SNAPSHOT):
        if names := list(source.get_dynamic_partitions(str(dimension.name))):
            target.add_dynamic_partitions(str(dimension.name), names)


def fetch(world: World) -> None:
    """Register the planted market and fetch its bars."""
    names = register(world.instance, world.warehouse, SOURCE, None)
    runs = run_layers(world.job, world.instance, bar_layers(names, world.symbols))
    assert all(run.success for run in runs), runs


def fill(world: World) -> None:
    """Register the planted market, fetch its bars, and cut three snapshots of the same symbols.

    As of ``CLEAN_AT`` the bars are sound; at ``SPOILT_AT`` the vendor revises one symbol into a stale feed; at
    ``NULL_AT`` it revises everything to a market without an edge.
    """
    fetch(world)
    world.cut(CLEAN_AT)
    spec = SyntheticSpec(kind="planted", symbols=SYMBOLS, years=YEARS, seed=SEED, edge=EDGE)
    clean = synthesize(spec).panel
    spoilt, planted = plant_defects(clean, 0, ["stale_feed"])
    assert [item.rule for item in planted] == ["stale_feed"]
    revise(world, spoilt, SPOILT_AT)
    null = SyntheticSpec(kind="null", symbols=SYMBOLS, years=YEARS, seed=SEED, edge=EDGE)
    revise(world, replace(synthesize(null).panel, symbols=clean.symbols), NULL_AT)


def revise(world: World, panel: Panel, at: datetime) -> str:
    """Store bars as the vendor's word at a time, revisions of what is there, and cut a snapshot as of then."""
    frame = panel.to_frame().with_columns(known_at=pl.lit(None, dtype=pl.Datetime("us", "UTC")))
    assert world.warehouse.bars.append(frame, at).revised > 0
    return world.cut(at)


def drive(world: World) -> None:
    """Materialize everything a gate lets through, each snapshot as far as it goes."""
    ends = {at: world.run(world.snapshot(at))[-1] for at in (CLEAN_AT, SPOILT_AT, NULL_AT)}
    assert ends[CLEAN_AT].success, ends[CLEAN_AT].failures
    assert ends[SPOILT_AT].failed_checks == ("quality_report:quality_gate",)
    assert ends[NULL_AT].failed_checks == ("tiny/gate_report:promotion_gate",)
