"""Sensitivity of the best candidate: on demand only, because every refit is a trial that the gate counts."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import dagster as dg

from market_assets.assets import keys
from market_assets.assets.candidate import candidate_of, judged_work
from market_assets.assets.display import numbers, text
from market_assets.assets.fold_models import FoldWork, fit_fingerprint
from market_assets.assets.measure import measured
from market_assets.assets.predictions import load_out_of_fold
from market_assets.assets.recording import recorded
from market_assets.assets.seeding import compute_for
from market_assets.assets.versions import version_of
from market_assets.core.identity import fingerprint
from market_assets.core.statistics.performance import Figures
from market_assets.core.validity.refits import FIGURES, Setting, grid_for, setting_of
from market_assets.core.validity.sensitivity import SENSITIVITY_VERSION, Sensitivity, Variation, sensitivity
from market_assets.experiments.spec import Experiment
from market_assets.governance.ledger import Trial
from market_assets.partitions import SNAPSHOT
from market_assets.resources.artifacts import Artifacts
from market_assets.resources.clock import Clock
from market_assets.resources.compute import ComputeResource
from market_assets.resources.governance import Governance
from market_assets.resources.warehouse import Warehouse

KIND = "sensitivity"


def varied_trials(work: FoldWork, setting: Setting) -> list[Trial]:
    """The trials of one variation, under the identity they would have if the experiment file said so.

    Noise is in no experiment file: it is a configuration of its own, whose fits have an identity of their own.
    """
    models = {**work.experiment.models, work.family: dict(setting.params)}
    experiment, data_hash = replace(work.experiment, models=models, seed=setting.seed), work.data.content_hash()
    compute = replace(work.compute, seed=setting.seed)
    wanted = {
        name: fit_fingerprint(experiment, work.family, data_hash, fold, compute) for name, fold in work.folds.items()
    }
    trials = replace(work, experiment=experiment, wanted=wanted, compute=compute).trials()
    if setting.noise:
        trials = [
            replace(
                trial,
                configuration=fingerprint(configuration=trial.configuration, feature_noise=setting.noise),
                fingerprint=fingerprint(fit=trial.fingerprint, feature_noise=setting.noise),
                params={**trial.params, "feature_noise": setting.noise},
            )
            for trial in trials
        ]
    return [replace(trial, origin=KIND) for trial in trials]


def build_sensitivity(experiment: Experiment) -> dg.AssetsDefinition:
    """The sensitivity asset of one experiment."""
    document = experiment.document()

    @dg.asset(
        key=keys.sensitivity(experiment.name),
        deps=[
            dg.AssetDep(keys.backtest(experiment.name)),
            dg.AssetDep(keys.out_of_fold(experiment.name)),
            dg.AssetDep(keys.fold_plan(experiment.name)),
        ],
        partitions_def=SNAPSHOT,
        group_name=experiment.name,
        kinds={"numpy", "postgres"},
        owners=[experiment.owner],
        code_version=version_of(code=SENSITIVITY_VERSION, spec=document["sensitivity"]),
        pool="gpu",
        description="How the best candidate's Sharpe ratio, drawdown and mean return move with each parameter of its "
        "family, with other seeds and with noise on the test features. The walk-forward folds are refitted each time."
        "\n\n**On demand only**, by hand or with `market-assets sensitivity`: every refit is a trial in the ledger and "
        "every variation a configuration. A gate report judged afterwards deflates by the larger number. Nothing waits "
        "for this report. Sharpe ratios and means are annual.",
    )
    def sensitivity_asset(
        context: dg.AssetExecutionContext,
        warehouse: Warehouse,
        artifacts: Artifacts,
        governance: Governance,
        compute: ComputeResource,
        clock: Clock,
    ) -> dg.MaterializeResult:
        snapshot_id = context.partition_key
        with measured() as figures:
            work = judged_work(warehouse, artifacts, experiment, snapshot_id, compute_for(experiment, compute))
            stored = warehouse.reports.latest(KIND, snapshot_id, experiment.name)
            if stored is not None and stored.payload["fingerprint"] == _identity(work):
                context.log.info("%s: the sensitivity of these fits is stored already", work.family)
                payload, content_hash = stored.payload, stored.content_hash
            else:
                candidate = candidate_of(warehouse, work)
                grid, left_out = grid_for(work.family, candidate.params, work.compute.seed, experiment.sensitivity)

                def evaluate(variation: Variation) -> Figures:
                    number = grid.index(variation) + 1
                    context.log.info("%s: %s, %d of %d", work.family, variation.key, number, len(grid))
                    setting = setting_of(variation, candidate.params, work.compute.seed)
                    trials = varied_trials(work, setting)
                    with recorded(trials, governance, clock, context.run.run_id, variation=variation.key):
                        return candidate.figures(candidate.refit(setting))

                predicted = load_out_of_fold(warehouse, artifacts, snapshot_id, experiment.name)[work.family]
                found = sensitivity(candidate.figures(predicted.walk_forward), grid, evaluate, FIGURES)
                payload = _payload(work, found, left_out)
                content_hash = warehouse.reports.put(KIND, snapshot_id, experiment.name, payload)
        return dg.MaterializeResult(
            metadata={
                "best_family": work.family,
                "variations": _table(payload),
                "refits": payload["refits"],
                **numbers({f"worst_drop_{one['figure']}": one["worst_drop"] for one in payload["spreads"]}),
                **figures,
            },
            data_version=dg.DataVersion(content_hash),
        )

    return sensitivity_asset


def _identity(work: FoldWork) -> str:
    """What a report was made from: the unvaried fits, how they are varied, and the account."""
    document = work.experiment.document()
    parts = {name: document[name] for name in ("sensitivity", "portfolio", "costs", "evaluation")}
    return fingerprint(code=SENSITIVITY_VERSION, fits=work.wanted, **parts)


def _payload(work: FoldWork, found: Sensitivity, left_out: Sequence[Variation]) -> dict[str, Any]:
    return {
        "version": SENSITIVITY_VERSION,
        "fingerprint": _identity(work),
        "best": work.family,
        "seed": work.compute.seed,
        "refits": len(found.runs) * len(work.folds),
        "left_out": [one.key for one in left_out],
        **found.to_payload(),
    }


def _table(payload: Mapping[str, Any]) -> dg.TableMetadataValue:
    """One row a variation, the unvaried candidate first."""
    unvaried = {"name": "as it is", "figures": payload["base"], "cause": ""}
    rows = [
        dg.TableRecord(
            {
                "variation": run["name"],
                **{name: text((run["figures"] or {}).get(name)) for name in FIGURES},
                "cause": run["cause"] or "-",
            }
        )
        for run in (unvaried, *payload["runs"])
    ]
    return dg.MetadataValue.table(rows)
