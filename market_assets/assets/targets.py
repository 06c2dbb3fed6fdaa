"""Targets that an experiment declares beside its label: classes and quantities over several horizons, as assets."""

from collections.abc import Mapping
from typing import Any

import dagster as dg
import numpy as np

from market_assets.assets import keys
from market_assets.assets.display import describe_partitions, rounded
from market_assets.assets.measure import measured
from market_assets.assets.panel import load_panel
from market_assets.assets.quality import require_members
from market_assets.assets.stale import require_fingerprints
from market_assets.core.identity import fingerprint
from market_assets.core.labels.registry import KINDS, TargetSpec, make_target
from market_assets.core.labels.target import Target
from market_assets.core.market.adjust import adjust
from market_assets.core.market.panel import Panel
from market_assets.experiments.spec import Experiment
from market_assets.partitions import SNAPSHOT_SYMBOL, from_snapshot, key_of, part
from market_assets.resources.warehouse import Warehouse
from market_assets.stores.snapshots import SnapshotManifest
from market_assets.stores.targets import part_of

COLUMNS = dg.TableSchema(
    columns=[
        dg.TableColumn("ts", "timestamptz", "close of the decision bar: the interval of the target begins here"),
        dg.TableColumn("value", "double", "a class as a number, or a quantity; missing where not decided"),
        dg.TableColumn("end_ts", "timestamptz", "last bar that the value reads: folds purge up to here"),
    ]
)


def stored_name(experiment: Experiment, name: str) -> str:
    """Name under which the store keeps a target; names of targets hold no dot, so it can be read back."""
    return f"{experiment.name}.{name}"


def target_fingerprint(content_hash: str, spec: TargetSpec, symbol: str) -> str:
    """Wanted identity of one symbol's target: snapshot rows, spec, code."""
    return fingerprint(snapshot=content_hash, target=KINDS[spec.kind].identity(spec), symbol=symbol)


def load_target(warehouse: Warehouse, manifest: SnapshotManifest, experiment: Experiment, name: str) -> Target:
    """A stored target of all symbols, row for row with the panel; a stale or missing block is a failure by name."""
    spec, stored = experiment.targets[name], stored_name(experiment, name)
    wanted = {symbol: target_fingerprint(manifest.content_hash, spec, symbol) for symbol in manifest.symbols}
    found = warehouse.targets.fingerprints(manifest.snapshot_id, stored)
    require_fingerprints(f"target {name}", wanted, found)
    return warehouse.targets.read(manifest.snapshot_id, stored, manifest.symbols)


def build_targets(experiment: Experiment) -> list[dg.AssetsDefinition]:
    """One asset a declared target."""
    return [_build(experiment, name, spec) for name, spec in experiment.targets.items()]


def _build(experiment: Experiment, name: str, spec: TargetSpec) -> dg.AssetsDefinition:
    kind = KINDS[spec.kind]
    values = f"classes {', '.join(map(str, kind.classes))}" if kind.classes else "a quantity"

    @dg.asset(
        key=keys.target(experiment.name, name),
        deps=[dg.AssetDep(keys.SNAPSHOT, partition_mapping=from_snapshot())],
        partitions_def=SNAPSHOT_SYMBOL,
        group_name=experiment.name,
        kinds={"numpy", "postgres"},
        owners=[experiment.owner],
        code_version=kind.identity(spec)[:16],
        backfill_policy=dg.BackfillPolicy.single_run(),
        metadata={"dagster/column_schema": COLUMNS, "spec": dg.MetadataValue.json(kind.document(spec))},
        description=f"Target `{name}` of kind {spec.kind.replace('_', ' ')}: {values}, with the interval of bars that "
        "decides each value. It is data for further models: nothing of this experiment's own chain reads it."
        "\n\n**On demand:** choose a snapshot and its symbols, or run `market-assets labels --targets`. Blocks already "
        "stored for the same rows, spec and code are kept (`symbols_computed` counts the others).",
    )
    def target(context: dg.AssetExecutionContext, warehouse: Warehouse) -> dg.MaterializeResult:
        with measured() as figures:
            wanted: dict[str, list[str]] = {}
            for key in context.partition_keys:
                wanted.setdefault(part(key, "snapshot"), []).append(part(key, "symbol"))
            computed = sum(_materialize(context, warehouse, experiment, name, *item) for item in wanted.items())
        return dg.MaterializeResult(
            metadata={"symbols": len(context.partition_keys), "symbols_computed": computed, **figures},
            data_version=dg.DataVersion(fingerprint(snapshots=sorted(wanted), target=kind.identity(spec))),
        )

    return target


def _materialize(
    context: dg.AssetExecutionContext,
    warehouse: Warehouse,
    experiment: Experiment,
    name: str,
    snapshot_id: str,
    symbols: list[str],
) -> int:
    manifest, spec = warehouse.snapshots.get(snapshot_id), experiment.targets[name]
    wanted = {one: target_fingerprint(manifest.content_hash, spec, one) for one in require_members(manifest, symbols)}
    stored = warehouse.targets.fingerprints(snapshot_id, stored_name(experiment, name))
    missing = {one: value for one, value in wanted.items() if stored.get(one) != value}
    if not missing:
        context.log.info("%s: all %d symbols are stored already", name, len(symbols))
        return 0
    panel = adjust(load_panel(warehouse, manifest))
    blocks = _blocks(panel, make_target(panel, spec), missing)
    pages = {key_of(snapshot=snapshot_id, symbol=one): _facts(block, spec) for one, block in blocks.items()}
    describe_partitions(context, pages)
    warehouse.targets.write(snapshot_id, stored_name(experiment, name), missing, blocks)
    return len(missing)


def _blocks(panel: Panel, target: Target, symbols: Mapping[str, Any]) -> dict[str, Target]:
    """The rows of each symbol."""
    return {one: part_of(target, panel.rows(index)) for index, one in enumerate(panel.symbols) if one in symbols}


def _facts(block: Target, spec: TargetSpec) -> dict[str, float]:
    """What the page of one symbol shows: counts, and the shares of the classes or the quartiles of the quantity."""
    value = block.value[block.defined]
    facts: dict[str, float] = {"rows": len(block.defined), "defined_rows": int(value.size)}
    if not value.size:
        return facts
    if classes := KINDS[spec.kind].classes:
        return {**facts, **{f"share_{one}": rounded(float(np.mean(value == one))) for one in classes}}
    quartiles = zip(("low_quartile", "median", "high_quartile"), np.quantile(value, (0.25, 0.5, 0.75)), strict=True)
    return {**facts, **{name: rounded(float(figure)) for name, figure in quartiles}}
