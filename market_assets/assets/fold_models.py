"""Fold models: one asset a model family, one partition a snapshot and fold."""

from collections.abc import Iterable
from dataclasses import dataclass

import dagster as dg
import numpy as np

from market_assets.assets import keys
from market_assets.assets.columns import changed_by
from market_assets.assets.fold_display import COLUMNS, KINDS, TITLES, describe_folds
from market_assets.assets.measure import measured
from market_assets.assets.recording import recorded
from market_assets.assets.seeding import compute_for
from market_assets.assets.training import load_fold_plan, load_training_set
from market_assets.core.compute import Compute
from market_assets.core.folds.plan import Fold, FoldPlan, fold_keys
from market_assets.core.folds.training_set import TrainingSet
from market_assets.core.identity import fingerprint
from market_assets.core.models.capability import device_for
from market_assets.core.models.fitted import extension_of
from market_assets.core.models.fold_fit import FOLD_FIT_VERSION, FoldFit
from market_assets.core.models.fold_run import Progress, fit_folds
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
    shaping |= changed_by(experiment)
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
        machine=machine_of(family, compute),
    )


def machine_of(family: str, compute: Compute) -> dict[str, str]:
    """What of the machine shapes the bytes of a fit: its kind of device and the threads of one fit."""
    return {"device": device_for(family, compute.device).split(":")[0], "threads": str(compute.threads)}


def current_fits(
    records: Iterable[FitRecord],
    experiment: Experiment,
    family: str,
    data: TrainingSet,
    plan: FoldPlan,
    compute: Compute,
) -> dict[str, FitRecord]:
    """Stored fits of a family that belong to this training set, plan and code, by fold; stale ones do not count."""
    data_hash = data.content_hash()
    wanted = {fit_fingerprint(experiment, family, data_hash, fold, compute): fold.key for fold in plan.folds}
    return {record.fold: record for record in records if wanted.get(record.fingerprint) == record.fold}


def _metrics(data: TrainingSet, fit: FoldFit) -> dict[str, float]:
    scored = data.trainable[fit.rows]
    outcome = data.y[fit.rows][scored].astype(np.float64)
    if outcome.size == 0:
        return {}
    return {"brier": brier(fit.calibrated[scored], outcome), "brier_raw": brier(fit.raw[scored], outcome)}


@dataclass(frozen=True)
class FoldWork:
    """The folds of one family on one snapshot that are still to be fitted."""

    experiment: Experiment
    family: str
    snapshot_id: str
    data: TrainingSet
    folds: dict[str, Fold]
    wanted: dict[str, str]
    compute: Compute

    def trials(self) -> list[Trial]:
        """One trial a fit: recorded before the fit begins, so that none is lost."""
        return [
            Trial(
                snapshot_id=self.snapshot_id,
                experiment=self.experiment.name,
                family=self.family,
                fold=name,
                configuration=configuration(self.experiment, self.family),
                fingerprint=self.wanted[name],
                params=dict(self.experiment.models[self.family]),
                seed=self.compute.seed,
                origin="fold_models",
            )
            for name in self.folds
        ]

    def fits(self, progress: Progress) -> dict[str, FoldFit]:
        """Fit every fold, some side by side; the results do not depend on how many."""
        return fit_folds(
            self.data,
            {name: (fold.train_rows(self.data), fold.test_rows(self.data)) for name, fold in self.folds.items()},
            family=self.family,
            params=dict(self.experiment.models[self.family]),
            weights=self.experiment.weights,
            calibration=self.experiment.calibration,
            compute=self.compute,
            transforms=self.experiment.transforms,
            progress=progress,
        )

    def record(self, name: str, fit: FoldFit, artifact: str) -> FitRecord:
        """The stored form of one fit."""
        return FitRecord(
            snapshot_id=self.snapshot_id,
            experiment=self.experiment.name,
            family=self.family,
            fold=name,
            fingerprint=self.wanted[name],
            artifact=artifact,
            calibrator=fit.calibrator.to_payload(),
            rows=fit.rows,
            raw=fit.raw,
            calibrated=fit.calibrated,
            n_fit=fit.n_fit,
            n_calibration=fit.n_calibration,
            seed=fit.seed,
            params=dict(self.experiment.models[self.family]),
            device=device_for(self.family, self.compute.device),
            metrics=_metrics(self.data, fit),
        )


def outstanding(
    warehouse: Warehouse,
    artifacts: Artifacts,
    experiment: Experiment,
    family: str,
    snapshot_id: str,
    fold_names: list[str],
    compute: Compute,
) -> FoldWork:
    """What of the named folds is not stored yet under its wanted identity."""
    data = load_training_set(warehouse, artifacts, snapshot_id, experiment.name)
    plan = load_fold_plan(warehouse, snapshot_id, experiment.name)
    data_hash = data.content_hash()
    wanted = {name: fit_fingerprint(experiment, family, data_hash, plan.fold(name), compute) for name in fold_names}
    stored = warehouse.fits.fingerprints(snapshot_id, experiment.name, family)
    folds = {name: plan.fold(name) for name in fold_names if wanted[name] not in stored}
    return FoldWork(experiment, family, snapshot_id, data, folds, wanted, compute)


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
        kinds=KINDS[family],
        owners=[experiment.owner],
        code_version=configuration(experiment, family)[:16],
        backfill_policy=dg.BackfillPolicy.single_run(),
        pool="gpu" if model.cuda else None,
        op_tags=GPU_TAGS if model.cuda else {},
        description=f"{TITLES[family]} with {experiment.calibration.method} calibration, fitted in each training fold. "
        "Every fit is a row of the trial ledger; models are stored in a format that carries no code."
        "\n\n**To fill it:** choose a snapshot and its folds; a backfill of many folds is one run and fits them side "
        "by side. Fits already stored for the same data, parameters and machine are kept. `fits`, `fits_kept` and "
        "`seconds` count the whole run, the other figures belong to the partition. Brier scores: lower is better, "
        "0.25 is a coin.",
        metadata={"dagster/column_schema": COLUMNS},
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
        wanted: dict[str, list[str]] = {}
        for key in context.partition_keys:
            wanted.setdefault(part(key, "snapshot"), []).append(part(key, "fold"))
        records: list[FitRecord] = []
        with measured() as figures:
            for snapshot_id, folds in wanted.items():
                work = outstanding(warehouse, artifacts, experiment, family, snapshot_id, folds, settings)
                if not work.folds:
                    context.log.info("%s: all %d folds are stored already", family, len(folds))
                    continue
                records += _fit(context, work, warehouse, artifacts, governance, clock)
        describe_folds(context, records)
        return dg.MaterializeResult(
            metadata={"fits": len(records), "fits_kept": len(context.partition_keys) - len(records), **figures},
            data_version=dg.DataVersion(fingerprint(snapshots=sorted(wanted), code=configuration(experiment, family))),
        )

    return fold_models


def _fit(
    context: dg.AssetExecutionContext,
    work: FoldWork,
    warehouse: Warehouse,
    artifacts: Artifacts,
    governance: Governance,
    clock: Clock,
) -> list[FitRecord]:
    """Record the trials, fit, store; start, end and failure go to the audit log."""
    suffix = "." + extension_of(work.family, work.experiment.transforms)
    with recorded(work.trials(), governance, clock, context.run.run_id):
        fits = work.fits(lambda fold, done, total: context.log.info("%s: fold %d of %d", fold, done, total))
        records = [work.record(name, fit, artifacts.store.put(fit.payload, suffix)) for name, fit in fits.items()]
        warehouse.fits.put(*records)
    return records
