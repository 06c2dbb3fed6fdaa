"""Training set and fold plan of one experiment, behind the quality, leakage and label gates."""

import dagster as dg
import numpy as np

from market_assets.assets import keys
from market_assets.assets.columns import normalized_by
from market_assets.assets.display import numbers
from market_assets.assets.feature_blocks import feature_fingerprint
from market_assets.assets.labels import load_labels
from market_assets.assets.locks import (
    label_verdict,
    leakage_verdict,
    quality_verdict,
    require,
    stored_report,
    switchboard_verdict,
)
from market_assets.assets.measure import measured
from market_assets.assets.panel import load_panel
from market_assets.assets.stale import require_fingerprints
from market_assets.assets.universe import require_universe
from market_assets.assets.versions import version_of
from market_assets.core.features.registry import FAMILIES
from market_assets.core.folds.plan import FoldPlan, make_plan
from market_assets.core.folds.training_set import TRAINING_SET_VERSION, TrainingSet, assemble
from market_assets.core.folds.verify import violations
from market_assets.core.identity import canonical_json, sha256_hex
from market_assets.experiments.spec import DataPolicy, Experiment
from market_assets.partitions import SNAPSHOT, from_snapshot
from market_assets.resources.artifacts import Artifacts
from market_assets.resources.warehouse import Warehouse
from market_assets.stores.recent import Recent
from market_assets.stores.snapshots import SnapshotManifest

TRAINING_SET = "training_set"
FOLD_PLAN = "fold_plan"
_sets: Recent[TrainingSet] = Recent(keep=1)


def load_training_set(warehouse: Warehouse, artifacts: Artifacts, snapshot_id: str, experiment: str) -> TrainingSet:
    """The stored training set, read from the artifact store and verified by digest; the last one stays in memory."""
    digest = stored_report(warehouse, TRAINING_SET, snapshot_id, experiment).payload["artifact"]
    return _sets.get((artifacts.root, digest), lambda: TrainingSet.from_ipc(artifacts.store.get(digest)))


def load_fold_plan(warehouse: Warehouse, snapshot_id: str, experiment: str) -> FoldPlan:
    """The stored fold plan."""
    return FoldPlan.from_payload(stored_report(warehouse, FOLD_PLAN, snapshot_id, experiment).payload)


def _columns(experiment: Experiment) -> dg.TableSchema:
    families = [FAMILIES[name] for name in sorted(experiment.features)]
    return dg.TableSchema(
        columns=[
            dg.TableColumn("code", "int32", "number of the symbol"),
            dg.TableColumn("ts", "timestamp", "close of the decision bar, UTC"),
            dg.TableColumn("t0", "int32", "session of the row"),
            dg.TableColumn("t1", "int32", "session in which the label is known at the latest"),
            dg.TableColumn("y", "int8", "1 where the label is up, else 0; meaningful where trainable"),
            dg.TableColumn("ret", "double", "realised return of the label"),
            dg.TableColumn("weight", "double", "average uniqueness of the label's span, 0..1"),
            dg.TableColumn("trainable", "bool", "the label is defined and not flat"),
            *(
                dg.TableColumn(name, "float", f"{family.name}: {feature.text}")
                for family in families
                for name, feature in family.features.items()
            ),
        ]
    )


def _gather(warehouse: Warehouse, manifest: SnapshotManifest, experiment: Experiment) -> TrainingSet:
    panel = load_panel(warehouse, manifest)
    require_universe(experiment, panel, manifest.snapshot_id)
    blocks = {}
    for name in experiment.features:
        family = FAMILIES[name]
        wanted = {symbol: feature_fingerprint(manifest.content_hash, family, symbol) for symbol in panel.symbols}
        require_fingerprints(f"{name} features", wanted, warehouse.features.fingerprints(manifest.snapshot_id, name))
        frame = warehouse.features.read(manifest.snapshot_id, name, panel.symbols)
        blocks[name] = (frame.names, frame.values)
    labels = load_labels(warehouse, manifest, experiment, panel.symbols)
    return assemble(panel, blocks, labels, experiment.weights, experiment.warmup, experiment.normalization)


def build_training(experiment: Experiment, policy: DataPolicy) -> list[dg.AssetsDefinition]:
    """Training set and fold plan of one experiment."""

    @dg.asset(
        key=keys.training_set(experiment.name),
        deps=[
            dg.AssetDep(keys.QUALITY_REPORT),
            dg.AssetDep(keys.LEAKAGE_REPORT),
            dg.AssetDep(keys.label_report(experiment.name)),
            dg.AssetDep(keys.labels(experiment.name), partition_mapping=from_snapshot()),
            *(dg.AssetDep(keys.features(name), partition_mapping=from_snapshot()) for name in experiment.features),
        ],
        partitions_def=SNAPSHOT,
        group_name=experiment.name,
        kinds={"arrow"},
        owners=[experiment.owner],
        code_version=version_of(
            code=TRAINING_SET_VERSION, spec=experiment.document()["weights"], **normalized_by(experiment)
        ),
        description="Features and labels of the traded symbols after warm-up, one row a symbol and session, with the "
        "span of every label. Gated: refuses unless the stored quality report, leakage proof and label report pass, "
        "and unless a named ablation report shows the lift of every optional feature family."
        "\n\nRefuses too while features or labels of a symbol are missing or older than the code, and names them.",
        metadata={"dagster/column_schema": _columns(experiment)},
    )
    def training_set(
        context: dg.AssetExecutionContext, warehouse: Warehouse, artifacts: Artifacts
    ) -> dg.MaterializeResult:
        snapshot_id = context.partition_key
        with measured() as figures:
            require("quality", snapshot_id, quality_verdict(warehouse, snapshot_id, policy))
            require("leakage", snapshot_id, leakage_verdict(warehouse, snapshot_id, policy, experiment.features))
            require("label", snapshot_id, label_verdict(warehouse, snapshot_id, experiment))
            require("switchboard", snapshot_id, switchboard_verdict(warehouse, experiment))
            data = _gather(warehouse, warehouse.snapshots.get(snapshot_id), experiment)
            artifact = artifacts.store.put(data.to_ipc(), ".arrow")
            payload = {
                "artifact": artifact,
                "content_hash": data.content_hash(),
                "rows": len(data.y),
                "features": list(data.feature_names),
                "symbols": list(data.symbols),
            }
            warehouse.reports.put(TRAINING_SET, snapshot_id, experiment.name, payload)
        trainable = data.trainable
        return dg.MaterializeResult(
            metadata={
                "rows": len(data.y),
                "trainable_rows": int(trainable.sum()),
                "features": len(data.feature_names),
                "symbols": len(data.symbols),
                "sessions": len(data.sessions),
                **numbers(
                    {
                        "up_share": float(data.y[trainable].mean()),
                        "missing_share": float(np.isnan(data.x).mean()),
                        "mean_uniqueness_share": float(data.weight[trainable].mean()),
                    }
                ),
                **figures,
            },
            data_version=dg.DataVersion(payload["content_hash"]),
        )

    @dg.asset(
        key=keys.fold_plan(experiment.name),
        deps=[dg.AssetDep(keys.training_set(experiment.name))],
        partitions_def=SNAPSHOT,
        group_name=experiment.name,
        kinds={"numpy"},
        owners=[experiment.owner],
        code_version=version_of(spec=experiment.document()["folds"]),
        description="Walk-forward and combinatorial purged folds with embargo, verified by a plain definition of the "
        "purging rule before anything is stored."
        "\n\nFolds `wfNN` are walk-forward: the model knows only what lies before. Folds `cpNN` are combinatorial: "
        "each leaves out some groups of sessions, and together they give several whole paths. Sizes stand in the "
        "experiment file, under `folds`.",
    )
    def fold_plan(
        context: dg.AssetExecutionContext, warehouse: Warehouse, artifacts: Artifacts
    ) -> dg.MaterializeResult:
        with measured() as figures:
            data = load_training_set(warehouse, artifacts, context.partition_key, experiment.name)
            plan = make_plan(data, experiment.folds)
            if found := violations(plan, data):
                raise dg.Failure(f"fold plan leaks: {found[0]} (and {len(found) - 1} more)", allow_retries=False)
            payload = plan.to_payload()
            warehouse.reports.put(FOLD_PLAN, context.partition_key, experiment.name, payload)
        table = [
            dg.TableRecord(
                {
                    "fold": fold.key,
                    "train_rows": int(fold.train_rows(data).sum()),
                    "test_rows": int(fold.test_rows(data).sum()),
                    "test": ", ".join(
                        f"{str(data.sessions[low])[:10]}..{str(data.sessions[high])[:10]}" for low, high in fold.test
                    ),
                }
            )
            for fold in plan.folds
        ]
        return dg.MaterializeResult(
            metadata={"folds": len(plan.folds), "plan": dg.MetadataValue.table(table), **figures},
            data_version=dg.DataVersion(sha256_hex(canonical_json(payload))),
        )

    return [training_set, fold_plan]
