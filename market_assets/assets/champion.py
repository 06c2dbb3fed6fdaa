"""The champion: the gated asset. It trusts no stored verdict, verifies every gate again, and only then promotes."""

from typing import Any

import dagster as dg

from market_assets.assets import keys, label_report, leakage, quality
from market_assets.assets.crown import champion_bundle
from market_assets.assets.display import numbers
from market_assets.assets.fold_models import configuration, machine_of
from market_assets.assets.locks import (
    GATE_REPORT,
    approval_verdict,
    label_verdict,
    leakage_verdict,
    promotion_verdict,
    quality_verdict,
    require,
    stored_report,
    switchboard_verdict,
)
from market_assets.assets.measure import measured
from market_assets.assets.refit import refit_family, refit_fingerprint
from market_assets.assets.seeding import compute_for
from market_assets.assets.training import FOLD_PLAN, TRAINING_SET, load_training_set
from market_assets.core.compute import Compute
from market_assets.core.features.registry import schema_version
from market_assets.core.identity import canonical_json, sha256_hex
from market_assets.core.models.fitted import extension_of
from market_assets.core.models.fold_fit import FOLD_FIT_VERSION, FoldFit
from market_assets.experiments.spec import DataPolicy, Experiment
from market_assets.governance.champions import Champion
from market_assets.governance.ledger import REFIT, Trial
from market_assets.governance.manifest import Manifest, file_entry, model_version_name
from market_assets.governance.provenance import collect_provenance
from market_assets.governance.publish import sweep_orphans, write_bundle
from market_assets.governance.registry import Registry
from market_assets.governance.signing import export_public_key, load_or_create_key, public_key_path
from market_assets.governance.trial_audit import STARTED, trials_started
from market_assets.partitions import SNAPSHOT
from market_assets.resources.artifacts import Artifacts
from market_assets.resources.clock import Clock
from market_assets.resources.compute import ComputeResource
from market_assets.resources.governance import Governance
from market_assets.resources.warehouse import Warehouse


def experiment_document(experiment: Experiment, policy: DataPolicy) -> dict[str, Any]:
    """Everything that was configured: the experiment and the policy of the shared layers."""
    return {"experiment": experiment.document(), "data_policy": policy.document()}


def _manifest(
    experiment: Experiment,
    policy: DataPolicy,
    snapshot_id: str,
    gate: dict[str, Any],
    gate_hash: str,
    files: dict[str, bytes],
    *,
    warehouse: Warehouse,
    compute: Compute,
) -> Manifest:
    stored = warehouse.snapshots.get(snapshot_id)
    document = experiment_document(experiment, policy)
    family = gate["best"]["family"]
    return Manifest(
        model_version=gate["best"]["model_version"],
        fingerprint=gate["best"]["fingerprint"],
        experiment=experiment.name,
        experiment_hash=sha256_hex(canonical_json(document)),
        experiment_document=document,
        snapshot_id=snapshot_id,
        snapshot={
            "as_of": stored.as_of.isoformat(),
            "symbols": list(stored.symbols),
            "first": stored.first_ts.isoformat(),
            "last": stored.last_ts.isoformat(),
            "rows": stored.rows,
            "content_hash": stored.content_hash,
            "interval": stored.interval,
            "side_row": stored.side_row,
        },
        feature_schema_version=schema_version(),
        quality_report_hash=stored_report(warehouse, quality.KIND, snapshot_id).content_hash,
        leakage_report_hash=stored_report(warehouse, leakage.KIND, snapshot_id).content_hash,
        label_report_hash=stored_report(warehouse, label_report.KIND, snapshot_id, experiment.name).content_hash,
        training_set_hash=stored_report(warehouse, TRAINING_SET, snapshot_id, experiment.name).payload["content_hash"],
        fold_plan_hash=stored_report(warehouse, FOLD_PLAN, snapshot_id, experiment.name).content_hash,
        gate_report_hash=gate_hash,
        verdict="promoted",
        provenance=collect_provenance(),
        family=family,
        params=dict(experiment.models[family]),
        seeds={"experiment": experiment.seed},
        device=machine_of(family, compute)["device"],
        metrics=gate["best"]["metrics"],
        files={name: file_entry(data) for name, data in files.items()},
    )


def _fold_hashes(warehouse: Warehouse, experiment: Experiment, snapshot_id: str) -> dict[str, dict[str, str]]:
    return {
        family: {record.fold: record.artifact for record in warehouse.fits.list(snapshot_id, experiment.name, family)}
        for family in experiment.models
    }


def build_champion(experiment: Experiment, policy: DataPolicy) -> dg.AssetsDefinition:
    """The champion asset of one experiment."""

    @dg.asset(
        key=keys.champion(experiment.name),
        deps=[dg.AssetDep(keys.gate_report(experiment.name)), dg.AssetDep(keys.training_set(experiment.name))],
        partitions_def=SNAPSHOT,
        group_name=experiment.name,
        kinds={"postgres"},
        owners=[experiment.owner],
        code_version=FOLD_FIT_VERSION,
        pool="gpu",
        description="The promoted model: refitted on the whole training set, bundled in a code-free format, signed, "
        "registered. Refuses unless the quality, leakage, label and promotion gates pass when applied again here."
        "\n\nCheck a bundle with `market-assets verify`, rebuild it from its manifest with `market-assets replay`. "
        "Figures are those of the gate report: Sharpe ratios annual, returns, drawdowns and costs as shares of "
        "capital.",
    )
    def champion(
        context: dg.AssetExecutionContext,
        warehouse: Warehouse,
        artifacts: Artifacts,
        governance: Governance,
        compute: ComputeResource,
        clock: Clock,
    ) -> dg.MaterializeResult:
        snapshot_id = context.partition_key
        audit = governance.audit()
        candidate = {"snapshot_id": snapshot_id, "experiment": experiment.name}
        sweep_orphans(governance.bundles)
        with measured() as figures:
            try:
                require("quality", snapshot_id, quality_verdict(warehouse, snapshot_id, policy))
                require("leakage", snapshot_id, leakage_verdict(warehouse, snapshot_id, policy, experiment.features))
                require("label", snapshot_id, label_verdict(warehouse, snapshot_id, experiment))
                require("switchboard", snapshot_id, switchboard_verdict(warehouse, experiment))
                require("promotion", snapshot_id, promotion_verdict(warehouse, snapshot_id, experiment))
                require("approval", snapshot_id, approval_verdict(warehouse, governance, snapshot_id, experiment))
            except dg.Failure as refusal:
                subject = {**candidate, "why": refusal.description or ""}
                audit.append("refused_attempt", subject, actor=context.run.run_id, at=clock.now())
                raise
            report = stored_report(warehouse, GATE_REPORT, snapshot_id, experiment.name)
            family = report.payload["best"]["family"]
            data = load_training_set(warehouse, artifacts, snapshot_id, experiment.name)
            settings = compute_for(experiment, compute)
            wanted = refit_fingerprint(experiment, family, data.content_hash(), settings)
            if report.payload["best"]["model_version"] != model_version_name(experiment.name, family, wanted):
                raise dg.Failure(
                    f"the gate report of snapshot {snapshot_id} judged another training set, configuration or device; "
                    "materialize the fold models and the gate report again",
                    allow_retries=False,
                )
            registry = governance.registry()
            step = registry.champion(experiment.name)
            crowned = step is not None and step.model_version == report.payload["best"]["model_version"]
            if not crowned:
                _require_newer(warehouse, registry, step, snapshot_id)
                subject = {**candidate, "family": family, "folds": [REFIT]}
                governance.ledger().record([_trial(experiment, family, snapshot_id, wanted, settings)])
                started = {**subject, **trials_started(snapshot_id, {REFIT: wanted})}
                audit.append(STARTED, started, actor=context.run.run_id, at=clock.now())
                fit = refit_family(experiment, family, data, settings)
                audit.append("training_completion", subject, actor=context.run.run_id, at=clock.now())
                version = _publish(
                    experiment, policy, snapshot_id, fit, warehouse=warehouse, governance=governance, compute=settings
                )
                previous = step.model_version if step else None
                step = registry.promote(experiment.name, version, previous, at=clock.now(), actor=context.run.run_id)
            bundle = champion_bundle(governance, experiment.name)
            manifest = bundle.manifest
        return dg.MaterializeResult(
            metadata={
                "model_version": manifest.model_version,
                "family": family,
                "predecessor": (step.predecessor if step else None) or "none",
                "already_champion": crowned,
                "bundle": dg.MetadataValue.path(str(governance.bundles / manifest.model_version)),
                "manifest_sha256": manifest.digest,
                **numbers(manifest.metrics),
                **figures,
            },
            data_version=dg.DataVersion(manifest.fingerprint),
        )

    return champion


def _require_newer(warehouse: Warehouse, registry: Registry, step: Champion | None, snapshot_id: str) -> None:
    """Refuse to replace a champion by one of older data: the way back is a rollback, which says so in the log."""
    if step is None:
        return
    present = registry.get(step.model_version).snapshot_id
    if warehouse.snapshots.get(present).as_of > warehouse.snapshots.get(snapshot_id).as_of:
        raise dg.Failure(
            f"{step.model_version} of the newer snapshot {present} is champion; snapshot {snapshot_id} is older. "
            "Only a rollback replaces a champion by an earlier one",
            allow_retries=False,
        )


def _trial(experiment: Experiment, family: str, snapshot_id: str, wanted: str, compute: Compute) -> Trial:
    return Trial(
        snapshot_id=snapshot_id,
        experiment=experiment.name,
        family=family,
        fold=REFIT,
        configuration=configuration(experiment, family),
        fingerprint=wanted,
        params=dict(experiment.models[family]),
        seed=compute.seed,
        origin=REFIT,
    )


def _publish(
    experiment: Experiment,
    policy: DataPolicy,
    snapshot_id: str,
    fit: FoldFit,
    *,
    warehouse: Warehouse,
    governance: Governance,
    compute: Compute,
) -> str:
    """Write the signed bundle, then its registry record; returns the model version."""
    report = stored_report(warehouse, GATE_REPORT, snapshot_id, experiment.name)
    family = report.payload["best"]["family"]
    files = {
        f"model.{extension_of(family, experiment.transforms)}": fit.payload,
        "calibrator.json": canonical_json(fit.calibrator.to_payload()),
        "metrics.json": canonical_json(report.payload["best"]["metrics"]),
        "diagnostics.json": canonical_json({"fold_models": _fold_hashes(warehouse, experiment, snapshot_id)}),
        "gate_report.json": canonical_json(report.payload),
    }
    known = governance.registry().find(report.payload["best"]["model_version"])
    manifest = known or _manifest(
        experiment,
        policy,
        snapshot_id,
        report.payload,
        report.content_hash,
        files,
        warehouse=warehouse,
        compute=compute,
    )
    key = load_or_create_key(governance.key_path)
    export_public_key(key.public, public_key_path(governance.key_path))
    write_bundle(governance.bundles, manifest, files, key)
    governance.registry().register(manifest)
    return manifest.model_version
