"""Drift of a snapshot's newest sessions against what the champion was trained on; the sensor reads this report."""

from typing import Any

import dagster as dg
import numpy as np

from market_assets.assets import keys
from market_assets.assets.crown import champion_bundle
from market_assets.assets.display import numbers, rounded
from market_assets.assets.measure import measured
from market_assets.assets.seeding import compute_for
from market_assets.assets.training import load_training_set
from market_assets.assets.versions import version_of
from market_assets.core.drift.corrected import drift_tests
from market_assets.core.drift.report import DRIFT_VERSION, drift_report
from market_assets.core.folds.training_set import TrainingSet
from market_assets.experiments.spec import Experiment
from market_assets.governance.scoring import score_rows
from market_assets.partitions import SNAPSHOT
from market_assets.resources.artifacts import Artifacts
from market_assets.resources.compute import ComputeResource
from market_assets.resources.governance import Governance
from market_assets.resources.warehouse import Warehouse

KIND = "drift"
PREDICTIONS = "calibrated prediction"  # tested beside the features
SHOWN = 20  # features in the table of the UI


def _columns(data: TrainingSet, rows: np.ndarray) -> dict[str, np.ndarray]:
    return {name: data.x[rows, index] for index, name in enumerate(data.feature_names)}


def build_drift(experiment: Experiment) -> dg.AssetsDefinition:
    """The drift report asset of one experiment."""

    @dg.asset(
        key=keys.drift_report(experiment.name),
        deps=[dg.AssetDep(keys.training_set(experiment.name))],
        partitions_def=SNAPSHOT,
        group_name=experiment.name,
        kinds={"numpy", "postgres"},
        owners=[experiment.owner],
        code_version=version_of(code=DRIFT_VERSION, spec=experiment.document()["drift"]),
        description=f"PSI of every feature and KS of the predictions: the newest {experiment.drift.sessions} sessions "
        "of this snapshot against the champion's training data. The drift sensor reads it."
        "\n\n`drift_alarm` is the verdict of tests that respect serial dependence, corrected for the number of "
        "features; on a market that did not change it is raised about as often as its level says, unlike PSI. What "
        "asks for retraining are the thresholds (`exceeds`)."
        "\n\nNeeds a champion: materialize it for a later snapshot than the champion's. PSI above 0.25 is commonly "
        "read as a large shift; thresholds stand in the experiment file, under `drift`.",
    )
    def drift_report_asset(
        context: dg.AssetExecutionContext,
        warehouse: Warehouse,
        artifacts: Artifacts,
        governance: Governance,
        compute: ComputeResource,
    ) -> dg.MaterializeResult:
        snapshot_id = context.partition_key
        with measured() as figures:
            bundle = champion_bundle(governance, experiment.name)
            before = load_training_set(warehouse, artifacts, bundle.manifest.snapshot_id, experiment.name)
            if before.content_hash() != bundle.manifest.training_set_hash:
                raise dg.Failure(
                    f"the stored training set of snapshot {bundle.manifest.snapshot_id} is not the one its champion "
                    "was trained on; materialize it again under that experiment file, or promote a new champion",
                    allow_retries=False,
                )
            now = load_training_set(warehouse, artifacts, snapshot_id, experiment.name)
            settings = compute_for(experiment, compute)
            newest = np.flatnonzero(now.t0 > now.t0.max() - experiment.drift.sessions)
            every = np.arange(before.n_rows)
            scores = [score_rows(bundle, *part, settings) for part in ((before, every), (now, newest))]
            payload = drift_report(
                _columns(before, every), _columns(now, newest), scores[0], scores[1], experiment.drift.policy
            )
            payload["corrected"] = drift_tests(
                {**_columns(before, every), PREDICTIONS: scores[0]},
                {**_columns(now, newest), PREDICTIONS: scores[1]},
                before.ts,
                now.ts[newest],
                experiment.drift.policy.alpha,
                experiment.drift.policy.correction,
            )
            payload["champion"] = bundle.manifest.model_version
            content_hash = warehouse.reports.put(KIND, snapshot_id, experiment.name, payload)
        return dg.MaterializeResult(
            metadata={
                "champion": bundle.manifest.model_version,
                **_facts(payload),
                **figures,
            },
            data_version=dg.DataVersion(content_hash),
        )

    return drift_report_asset


def _facts(payload: dict[str, Any]) -> dict[str, Any]:
    """What of the report the UI shows; a figure that could not be computed is left out."""
    ranked = sorted((row for row in payload["features"] if row["psi"] is not None), key=lambda row: -row["psi"])
    table = [dg.TableRecord({"feature": row["name"], "psi": rounded(row["psi"])}) for row in ranked[:SHOWN]]
    tested = payload["corrected"]
    named = ", ".join(tested["rejected"][tested["correction"]])
    figures = {
        "smallest_adjusted_p": min((row[tested["correction"]] for row in tested["tests"]), default=None),
        "drifted_share": payload["drifted_share"],
        "worst_psi": ranked[0]["psi"] if ranked else None,
        "ks_statistic": payload["predictions"]["statistic"] if payload["predictions"] else None,
    }
    return {
        "exceeds": payload["exceeds"],
        "reasons": " ".join(payload["reasons"]) or "within every threshold",
        "drifted_features": len(payload["drifted"]),
        "drift_alarm": tested["alarm"],
        "moved_by_test": named or "none",
        **{f"moved_{method}": len(names) for method, names in tested["rejected"].items()},
        **numbers(figures),
        "figures_missing": len(payload["gaps"]) + len(tested["gaps"]),
        **({"most_drifted": dg.MetadataValue.table(table)} if table else {}),
    }
