"""Replay: rebuild a champion from its manifest, with the same assets, over a database restored from its snapshot."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import dagster as dg
import yaml

from market_assets.assets import keys
from market_assets.assets.locks import ABLATION
from market_assets.assets.refit import refit_family
from market_assets.assets.seeding import compute_for
from market_assets.assets.snapshot import cut_snapshot
from market_assets.assets.training import FOLD_PLAN, load_training_set
from market_assets.automation.drive import LayerRun, run_layers
from market_assets.automation.layers import Layer, graph_layers
from market_assets.core.errors import IntegrityError
from market_assets.core.identity import canonical_json, sha256_hex
from market_assets.experiments.loader import DATA_POLICY_FILE, load_experiment
from market_assets.experiments.spec import Experiment
from market_assets.governance.bundle import Bundle
from market_assets.governance.manifest import Manifest
from market_assets.partitions import SNAPSHOT, SYMBOL
from market_assets.resources.artifacts import Artifacts
from market_assets.resources.clock import Clock
from market_assets.resources.compute import ComputeResource
from market_assets.resources.governance import Governance
from market_assets.resources.warehouse import Warehouse
from market_assets.services.embedded import Endpoints, running
from market_assets.settings import Settings
from market_assets.stores.migrate import migrate

Build = Callable[[Settings, Endpoints], dg.Definitions]


@dataclass(frozen=True)
class Comparison:
    """One thing compared: what the manifest says and what the rebuild gave."""

    what: str
    wanted: str
    found: str

    @property
    def equal(self) -> bool:
        """Whether the bytes agree."""
        return self.wanted == self.found


@contextmanager
def scratch(settings: Settings, manifest: Manifest, parent: Path) -> Iterator[tuple[Settings, Endpoints, Experiment]]:
    """A fresh database, artifact store and experiment folder that hold nothing but what the manifest names."""
    with tempfile.TemporaryDirectory(prefix="replay-", dir=parent) as folder:
        Path(folder).chmod(0o755)  # where the process is root, the server's account must be able to enter
        experiments = Path(folder) / "experiments"
        experiments.mkdir()
        document = manifest.experiment_document
        path = experiments / f"{manifest.experiment}.yaml"
        path.write_text(yaml.safe_dump(document["experiment"]))
        (experiments / DATA_POLICY_FILE).write_text(yaml.safe_dump(document["data_policy"]))
        fresh = Settings(
            home=Path(folder) / "state",
            redis_url="none",
            experiments=experiments,
            device="cpu" if manifest.device == "cpu" else settings.device,
            workers=settings.workers,
            threads=settings.threads,
            memory_mb=settings.memory_mb,
        )
        with running(fresh) as endpoints:
            migrate(endpoints.owner_url)
            yield fresh, endpoints, load_experiment(path)


def restore(source: Warehouse, target: Warehouse, manifest: Manifest, switched_on: Iterable[str] = ()) -> None:
    """Copy the snapshot's rows, side series and symbol records into an empty database.

    Parameters
    ----------
    switched_on : hashes of the ablation reports that the experiment's optional families stand on; copied, too.
    """
    as_of = datetime.fromisoformat(manifest.snapshot["as_of"])
    wanted = set(manifest.snapshot["symbols"])
    target.symbols.register([record for record in source.symbols.all(include_retired=True) if record.symbol in wanted])
    target.bars.append(source.bars.as_of(as_of, tuple(sorted(wanted))), as_of)
    side = source.side.as_of(as_of, sorted(wanted), manifest.snapshot.get("side_row", 0))
    if side is not None:
        target.side.append(side.to_frame(), as_of)
    for digest in switched_on:
        if (report := source.reports.named(ABLATION, digest)) is not None:
            target.reports.put(ABLATION, manifest.snapshot_id, manifest.experiment, report.payload)


def replay(
    build: Build,
    settings: Settings,
    source: Warehouse,
    bundle: Bundle,
    *,
    full: bool = False,
    progress: Callable[[LayerRun], None] | None = None,
) -> list[Comparison]:
    """Rebuild the model of a verified bundle and compare it byte for byte.

    Parameters
    ----------
    build : builds the definitions for given settings and endpoints: the same graph that trained the model.
    source : warehouse that holds the snapshot's rows.
    full : also rebuild every fold model of every family and compare their digests.

    Raises
    ------
    IntegrityError
        when a layer of the rebuild fails, such as a gate that is closed now.
    """
    manifest = bundle.manifest
    settings.home.mkdir(parents=True, exist_ok=True)
    with scratch(settings, manifest, settings.home) as (fresh, endpoints, experiment):
        warehouse = Warehouse(database_url=endpoints.database_url)
        governance = Governance(database_url=endpoints.database_url, home=str(fresh.home))
        restore(source, warehouse, manifest, experiment.switched_on.values())
        definitions = build(fresh, endpoints)
        with dg.DagsterInstance.ephemeral() as instance:
            snapshot_id = _cut(instance, warehouse, governance, manifest)
            layers = graph_layers(snapshot_id, manifest.snapshot["symbols"], manifest.snapshot["symbols"], experiment)
            chosen = (
                layers if full else [layer for layer in layers if layer.name in ("snapshot", "symbols", "training")]
            )
            job = definitions.resolve_implicit_global_asset_job_def()
            runs = run_layers(job, instance, [_without_gate(layer, experiment) for layer in chosen], progress)
            if not runs[-1].success:
                why = runs[-1].failures[0].message if runs[-1].failures else ", ".join(runs[-1].failed_checks)
                raise IntegrityError(f"replay of {manifest.model_version} stopped at {runs[-1].layer.name}: {why}")
        artifacts = Artifacts(root=str(fresh.home / "artifacts"))
        data = load_training_set(warehouse, artifacts, snapshot_id, experiment.name)
        machine = ComputeResource(
            device=fresh.device, threads=fresh.threads, workers=fresh.workers, memory_mb=fresh.memory_mb
        )
        compute = compute_for(experiment, machine)
        fit = refit_family(experiment, manifest.family, data, compute)
        found = [
            Comparison("snapshot rows", manifest.snapshot["content_hash"], snapshot_hash(warehouse, snapshot_id)),
            Comparison("training set", manifest.training_set_hash, data.content_hash()),
            Comparison(
                "fold plan", manifest.fold_plan_hash, _report_hash(warehouse, FOLD_PLAN, snapshot_id, experiment.name)
            ),
            Comparison("model", manifest.files[bundle.model_name].sha256, sha256_hex(fit.payload)),
            Comparison(
                "calibrator",
                manifest.files["calibrator.json"].sha256,
                _payload_hash(fit.calibrator.to_payload()),
            ),
        ]
        return found + (_fold_models(bundle, warehouse, experiment, snapshot_id) if full else [])


def _cut(instance: dg.DagsterInstance, warehouse: Warehouse, governance: Governance, manifest: Manifest) -> str:
    as_of = datetime.fromisoformat(manifest.snapshot["as_of"])
    symbols = list(manifest.snapshot["symbols"])
    cut = cut_snapshot(warehouse, governance, Clock(), as_of, symbols)
    if cut.content_hash != manifest.snapshot["content_hash"]:
        raise IntegrityError(
            f"the rows of snapshot {manifest.snapshot_id} are not those of the manifest: {cut.content_hash[:12]} "
            f"instead of {manifest.snapshot['content_hash'][:12]}"
        )
    instance.add_dynamic_partitions(str(SYMBOL.name), symbols)
    instance.add_dynamic_partitions(str(SNAPSHOT.name), [cut.snapshot_id])
    return cut.snapshot_id


def _without_gate(layer: Layer, experiment: Experiment) -> Layer:
    """The gate layer ends before the gate report: replay compares models, it does not decide."""
    gate = keys.gate_report(experiment.name)
    return replace(layer, assets=tuple(key for key in layer.assets if key != gate))


def snapshot_hash(warehouse: Warehouse, snapshot_id: str) -> str:
    """Content hash of a stored snapshot."""
    return warehouse.snapshots.get(snapshot_id).content_hash


def _report_hash(warehouse: Warehouse, kind: str, snapshot_id: str, experiment: str) -> str:
    report = warehouse.reports.latest(kind, snapshot_id, experiment)
    return "missing" if report is None else report.content_hash


def _payload_hash(payload: Mapping[str, Any]) -> str:
    return sha256_hex(canonical_json(payload))


def _fold_models(bundle: Bundle, warehouse: Warehouse, experiment: Experiment, snapshot_id: str) -> list[Comparison]:
    wanted = json.loads(bundle.files["diagnostics.json"])["fold_models"]
    found = []
    for family in experiment.models:
        stored = {record.fold: record.artifact for record in warehouse.fits.list(snapshot_id, experiment.name, family)}
        found += [
            Comparison(f"fold model {family} {fold}", digest, stored.get(fold, "missing"))
            for fold, digest in sorted(wanted[family].items())
        ]
    return found
