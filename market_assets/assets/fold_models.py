"""Fold models: one asset a model family, one partition a snapshot and fold."""

from typing import Any

import dagster as dg
import numpy as np

from market_assets.assets import keys
from market_assets.assets.measure import measured
from market_assets.assets.seeding import compute_for
from market_assets.assets.training import load_fold_plan, load_training_set
from market_assets.core.compute import Compute
from market_assets.core.folds.plan import Fold, FoldPlan, fold_keys
from market_assets.core.folds.training_set import TrainingSet
from market_assets.core.identity import fingerprint
from market_assets.core.models.fold_fit import FOLD_FIT_VERSION, FoldFit
from market_assets.core.models.fold_run import fit_folds
from market_assets.core.models.registry import family as model_family
from market_assets.core.models.reliability import brier
from market_assets.experiments.spec import Experiment
from market_assets.governance.ledger import Trial
from market_assets.partitions import from_snapshot, part, snapshot_by_fold
from market_assets.resources.artifacts import Artifacts
from market_assets.resources.clock import Clock
from market_assets.resources.compute import ComputeResource
from market_assets.resources.governance import Governance
from market_assets.resources.warehouse import Warehouse
from market_assets.stores.fits import FitRecord

GPU_TAGS = {"dagster-k8s/config": {"container_config": {"resources": {"limits": {"nvidia.com/gpu": "1"}}}}}


def configuration(experiment: Experiment, family: str) -> str:
    """Identity of one strategy configuration: everything that shapes a fit except data and fold."""
    document = experiment.document()
    shaping = {name: document[name] for name in ("features", "warmup", "label", "weights", "calibration", "seed")}
    return fingerprint(
        family=family, version=model_family(family).version, params=document["models"][family], **shaping
    )


def fit_fingerprint(experiment: Experiment, family: str, data_hash: str, fold: Fold, compute: Compute) -> str:
    """Wanted identity of one fold fit; equal identities give equal bytes on the CPU."""
    return fingerprint(
        configuration=configuration(experiment, family),
        code=FOLD_FIT_VERSION,
        data=data_hash,
        fold=fold.key,
        test=[list(span) for span in fold.test],
        embargo=experiment.folds.embargo,
        device=compute.device.split(":")[0],
    )


def current_fits(
    warehouse: Warehouse,
    experiment: Experiment,
    family: str,
    snapshot_id: str,
    data: TrainingSet,
    plan: FoldPlan,
    compute: Compute,
) -> dict[str, FitRecord]:
    """Stored fits of a family that belong to this training set, plan and code, by fold; stale ones do not count."""
    data_hash = data.content_hash()
    wanted = {fit_fingerprint(experiment, family, data_hash, fold, compute): fold.key for fold in plan.folds}
    records = warehouse.fits.list(snapshot_id, experiment.name, family)
    return {record.fold: record for record in records if wanted.get(record.fingerprint) == record.fold}


def _metrics(data: TrainingSet, fit: FoldFit) -> dict[str, float]:
    scored = data.trainable[fit.rows]
    outcome = data.y[fit.rows][scored].astype(np.float64)
    if outcome.size == 0:
        return {}
    return {"brier": brier(fit.calibrated[scored], outcome), "brier_raw": brier(fit.raw[scored], outcome)}


def _fit_snapshot(
    context: dg.AssetExecutionContext,
    experiment: Experiment,
    family: str,
    snapshot_id: str,
    fold_names: list[str],
    *,
    warehouse: Warehouse,
    artifacts: Artifacts,
    compute: Compute,
) -> tuple[list[Trial], list[FitRecord]]:
    data = load_training_set(warehouse, artifacts, snapshot_id, experiment.name)
    plan = {fold.key: fold for fold in load_fold_plan(warehouse, snapshot_id, experiment.name).folds}
    data_hash = data.content_hash()
    wanted = {name: fit_fingerprint(experiment, family, data_hash, plan[name], compute) for name in fold_names}
    stored = {record.fingerprint for record in warehouse.fits.list(snapshot_id, experiment.name, family)}
    missing = [name for name in fold_names if wanted[name] not in stored]
    params: dict[str, Any] = dict(experiment.models[family])
    fits = fit_folds(
        data,
        {name: (plan[name].train_rows(data), plan[name].test_rows(data)) for name in missing},
        family=family,
        params=params,
        weights=experiment.weights,
        calibration=experiment.calibration,
        compute=compute,
        progress=lambda fold, done, total: context.log.info("%s %s: fold %d of %d", family, fold, done, total),
    )
    records, trials = [], []
    for name, fit in fits.items():
        record = FitRecord(
            snapshot_id=snapshot_id,
            experiment=experiment.name,
            family=family,
            fold=name,
            fingerprint=wanted[name],
            artifact=artifacts.store.put(fit.payload, "." + model_family(family).extension),
            calibrator=fit.calibrator.to_payload(),
            rows=fit.rows,
            raw=fit.raw,
            calibrated=fit.calibrated,
            n_fit=fit.n_fit,
            n_calibration=fit.n_calibration,
            seed=compute.seed,
            params=params,
            device=compute.device,
            metrics=_metrics(data, fit),
        )
        warehouse.fits.put(record)
        records.append(record)
        trials.append(
            Trial(
                snapshot_id=snapshot_id,
                experiment=experiment.name,
                family=family,
                fold=name,
                configuration=configuration(experiment, family),
                fingerprint=wanted[name],
                params=params,
                seed=compute.seed,
                origin="fold_models",
            )
        )
    return trials, records


def build_fold_models(experiment: Experiment, family: str) -> dg.AssetsDefinition:
    """Fold models of one family of one experiment."""
    model = model_family(family)

    @dg.asset(
        key=keys.fold_models(experiment.name, family),
        deps=[
            dg.AssetDep(keys.training_set(experiment.name), partition_mapping=from_snapshot()),
            dg.AssetDep(keys.fold_plan(experiment.name), partition_mapping=from_snapshot()),
        ],
        partitions_def=snapshot_by_fold(fold_keys(experiment.folds)),
        group_name=experiment.name,
        kinds={family.replace("_", "")},
        owners=[experiment.owner],
        code_version=configuration(experiment, family)[:16],
        backfill_policy=dg.BackfillPolicy.single_run(),
        pool="gpu" if model.cuda else None,
        op_tags=GPU_TAGS if model.cuda else {},
        description=f"{family.replace('_', ' ')} with isotonic calibration, fitted inside each training fold. Every fit is "
        "a row of the trial ledger; models are stored in a format that carries no code.",
    )
    def fold_models(
        context: dg.AssetExecutionContext,
        warehouse: Warehouse,
        artifacts: Artifacts,
        governance: Governance,
        compute: ComputeResource,
        clock: Clock,
    ) -> dg.MaterializeResult:
        settings = compute_for(experiment, compute)
        audit = governance.audit()
        wanted: dict[str, list[str]] = {}
        for key in context.partition_keys:
            wanted.setdefault(part(key, "snapshot"), []).append(part(key, "fold"))
        records: list[FitRecord] = []
        with measured() as figures:
            for snapshot_id, folds in wanted.items():
                subject = {"snapshot_id": snapshot_id, "experiment": experiment.name, "family": family, "folds": folds}
                audit.append("training_start", subject, actor=context.run_id, at=clock.now())
                try:
                    trials, fitted = _fit_snapshot(
                        context, experiment, family, snapshot_id, folds,
                        warehouse=warehouse, artifacts=artifacts, compute=settings,
                    )  # fmt: skip
                except Exception as error:
                    reason = {**subject, "error": f"{type(error).__name__}: {error}"[:500]}
                    audit.append("training_failure", reason, actor=context.run_id, at=clock.now())
                    raise
                governance.ledger().record(trials)
                audit.append(
                    "training_completion", {**subject, "fits": len(fitted)}, actor=context.run_id, at=clock.now()
                )
                records += fitted
        _describe_folds(context, records)
        return dg.MaterializeResult(
            metadata={"fits": len(records), "already_stored": len(context.partition_keys) - len(records), **figures},
            data_version=dg.DataVersion(fingerprint(snapshots=sorted(wanted), code=configuration(experiment, family))),
        )

    return fold_models


def _describe_folds(context: dg.AssetExecutionContext, records: list[FitRecord]) -> None:
    for record in records:
        key = dg.MultiPartitionKey({"fold": record.fold, "snapshot": record.snapshot_id})
        figures = {"rows_fitted": record.n_fit, "rows_predicted": len(record.rows), **record.metrics}
        context.add_asset_metadata({**figures, "model_sha256": record.artifact}, partition_key=key)
