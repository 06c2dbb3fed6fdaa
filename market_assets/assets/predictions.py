"""Out-of-fold predictions of every family, and how well they are calibrated."""

from typing import Any

import dagster as dg
import numpy as np

from market_assets.assets import keys
from market_assets.assets.display import numbers
from market_assets.assets.fold_models import configuration, current_fits
from market_assets.assets.locks import stored_report
from market_assets.assets.measure import measured
from market_assets.assets.seeding import compute_for
from market_assets.assets.training import load_fold_plan, load_training_set
from market_assets.assets.versions import version_of
from market_assets.core.folds.out_of_fold import OUT_OF_FOLD_VERSION, FoldPrediction, OutOfFold, combine
from market_assets.core.folds.training_set import TrainingSet
from market_assets.core.models.reliability import brier, reliability
from market_assets.experiments.spec import Experiment
from market_assets.partitions import SNAPSHOT, from_snapshot
from market_assets.resources.artifacts import Artifacts
from market_assets.resources.compute import ComputeResource
from market_assets.resources.warehouse import Warehouse

KIND = "out_of_fold"
CALIBRATION = "calibration"
COLUMNS = dg.TableSchema(
    columns=[
        dg.TableColumn(
            "walk_forward", "double", "calibrated probability of up by the walk-forward folds; NaN before them"
        ),
        dg.TableColumn("walk_forward_raw", "double", "the same before calibration"),
        dg.TableColumn(
            "path_NNN", "double", "calibrated probability of up along one combinatorial path, whole history"
        ),
    ]
)


def load_out_of_fold(
    warehouse: Warehouse, artifacts: Artifacts, snapshot_id: str, experiment: str
) -> dict[str, OutOfFold]:
    """Stored out-of-fold predictions by family."""
    payload: dict[str, Any] = stored_report(warehouse, KIND, snapshot_id, experiment).payload
    return {name: OutOfFold.from_bytes(artifacts.store.get(digest)) for name, digest in payload["artifacts"].items()}


def _reliability(part: OutOfFold, data: TrainingSet) -> dict[str, Any]:
    """Brier score and reliability table of the walk-forward probabilities, raw and calibrated."""
    scored = data.trainable & ~np.isnan(part.walk_forward)
    outcome = data.y[scored]
    return {
        name: {"brier": brier(series[scored], outcome), **reliability(series[scored], outcome).to_payload()}
        for name, series in (("raw", part.walk_forward_raw), ("calibrated", part.walk_forward))
    }


def build_predictions(experiment: Experiment) -> list[dg.AssetsDefinition]:
    """Out-of-fold predictions and calibration report of one experiment."""
    code_version = version_of(
        code=OUT_OF_FOLD_VERSION, models=[configuration(experiment, name) for name in experiment.models]
    )

    @dg.asset(
        key=keys.out_of_fold(experiment.name),
        deps=[
            dg.AssetDep(keys.fold_models(experiment.name, family), partition_mapping=from_snapshot())
            for family in experiment.models
        ],
        partitions_def=SNAPSHOT,
        group_name=experiment.name,
        kinds={"numpy", "arrow"},
        owners=[experiment.owner],
        code_version=code_version,
        description="Predictions on rows no part of the model has seen: one walk-forward series, and one series a "
        "combinatorial path, for each family. A missing fold is a gap that stops here.",
        metadata={"dagster/column_schema": COLUMNS},
    )
    def out_of_fold(
        context: dg.AssetExecutionContext, warehouse: Warehouse, artifacts: Artifacts, compute: ComputeResource
    ) -> dg.MaterializeResult:
        snapshot_id = context.partition_key
        with measured() as figures:
            data = load_training_set(warehouse, artifacts, snapshot_id, experiment.name)
            plan = load_fold_plan(warehouse, snapshot_id, experiment.name)
            digests, settings = {}, compute_for(experiment, compute)
            records = warehouse.fits.list(snapshot_id, experiment.name)
            for family in experiment.models:
                fits = current_fits(records, experiment, family, data, plan, settings)
                parts = {
                    name: FoldPrediction(record.rows, record.raw, record.calibrated) for name, record in fits.items()
                }
                digests[family] = artifacts.store.put(combine(parts, plan, data).to_bytes(), ".arrays")
            content_hash = warehouse.reports.put(KIND, snapshot_id, experiment.name, {"artifacts": digests})
        return dg.MaterializeResult(
            metadata={"families": len(digests), "folds": len(plan.folds), "rows": data.n_rows, **figures},
            data_version=dg.DataVersion(content_hash),
        )

    @dg.asset(
        key=keys.calibration(experiment.name),
        deps=[dg.AssetDep(keys.out_of_fold(experiment.name)), dg.AssetDep(keys.training_set(experiment.name))],
        partitions_def=SNAPSHOT,
        group_name=experiment.name,
        kinds={"numpy"},
        owners=[experiment.owner],
        code_version=code_version,
        description="Reliability of the walk-forward probabilities, before and after calibration: Brier "
        "score, expected calibration error, and the reliability table."
        "\n\nBoth scores: lower is better. A Brier score of 0.25 is that of always saying one half.",
    )
    def calibration(
        context: dg.AssetExecutionContext, warehouse: Warehouse, artifacts: Artifacts
    ) -> dg.MaterializeResult:
        snapshot_id = context.partition_key
        with measured() as figures:
            data = load_training_set(warehouse, artifacts, snapshot_id, experiment.name)
            predictions = load_out_of_fold(warehouse, artifacts, snapshot_id, experiment.name)
            payload = {name: _reliability(part, data) for name, part in predictions.items()}
            content_hash = warehouse.reports.put(CALIBRATION, snapshot_id, experiment.name, payload)
        table = [
            dg.TableRecord(
                {
                    "family": name,
                    **{
                        f"{figure}_{kind}": round(report[kind][figure], 5)
                        for figure in ("brier", "ece")
                        for kind in ("raw", "calibrated")
                    },
                }
            )
            for name, report in payload.items()
        ]
        return dg.MaterializeResult(
            metadata={
                "scores": dg.MetadataValue.table(table),
                **numbers({f"brier_{name}": report["calibrated"]["brier"] for name, report in payload.items()}),
                **figures,
            },
            data_version=dg.DataVersion(content_hash),
        )

    return [out_of_fold, calibration]
