"""The gate report: all evidence on the candidates, the verdict with every reason, and the recorded decision."""

from typing import Any

import dagster as dg

from market_assets.assets import keys
from market_assets.assets.backtest import load_returns
from market_assets.assets.display import books, numbers, reasons
from market_assets.assets.locks import GATE_REPORT, stored_report
from market_assets.assets.measure import measured
from market_assets.assets.refit import refit_fingerprint
from market_assets.assets.seeding import compute_for
from market_assets.assets.training import load_training_set
from market_assets.assets.validity import KIND as VALIDITY
from market_assets.assets.versions import version_of
from market_assets.core.compute import Compute
from market_assets.core.gates.collect import collect
from market_assets.core.gates.evidence import Evidence
from market_assets.core.gates.promotion import promotion_gate
from market_assets.core.gates.verdict import Verdict
from market_assets.core.validity.assess import coverage_gaps
from market_assets.experiments.spec import Experiment
from market_assets.governance.ledger import TrialCount
from market_assets.governance.manifest import model_version_name
from market_assets.governance.trial_audit import STARTED, audited_trials
from market_assets.partitions import SNAPSHOT
from market_assets.resources.artifacts import Artifacts
from market_assets.resources.clock import Clock
from market_assets.resources.compute import ComputeResource
from market_assets.resources.governance import Governance
from market_assets.resources.warehouse import Warehouse

GATE_VERSION = "2"


def _report(
    experiment: Experiment, evidence: Evidence, verdict: Verdict, count: TrialCount, data_hash: str, compute: Compute
) -> dict[str, Any]:
    report: dict[str, Any] = {
        "version": GATE_VERSION,
        "experiment": experiment.document(),
        "evidence": evidence.to_payload(),
        "verdict": verdict.to_payload(),
        "trials": {"fits": count.fits, "configurations": count.configurations},
        "training_set": data_hash,
        "best": None,
    }
    if evidence.best is not None:
        identity = refit_fingerprint(experiment, evidence.best, data_hash, compute)
        figures = next(candidate.figures for candidate in evidence.candidates if candidate.name == evidence.best)
        report["best"] = {
            "family": evidence.best,
            "fingerprint": identity,
            "model_version": model_version_name(experiment.name, evidence.best, identity),
            "metrics": {**figures, "deflated_sharpe": evidence.deflated_sharpe, "pbo": evidence.pbo},
        }
    return report


_CANDIDATE_COLUMNS = ("sharpe", "sharpe_low", "sharpe_high", "annual_return", "max_drawdown", "turnover")


def _headline(evidence: Evidence) -> dict[str, float | None]:
    """The figures of the verdict, named with their units; Sharpe ratios are annual and net of costs."""
    return {
        "sharpe_annual": evidence.sharpe,
        "sharpe_annual_low_95": evidence.sharpe_low,
        "sharpe_annual_high_95": evidence.sharpe_high,
        "hurdle_sharpe_annual": evidence.hurdle,
        "deflated_sharpe_probability": evidence.deflated_sharpe,
        "pbo_probability": evidence.pbo,
        "spa_pvalue": evidence.spa_consistent,
        "coverage_gap": evidence.coverage_gap,
        "max_drawdown_share": evidence.max_drawdown,
    }


def build_gate(experiment: Experiment) -> dg.AssetsDefinition:
    """The gate report asset of one experiment."""
    document = experiment.document()

    @dg.asset(
        key=keys.gate_report(experiment.name),
        deps=[
            dg.AssetDep(keys.backtest(experiment.name)),
            dg.AssetDep(keys.calibration(experiment.name)),
            dg.AssetDep(keys.validity(experiment.name)),
        ],
        partitions_def=SNAPSHOT,
        group_name=experiment.name,
        kinds={"numpy", "postgres"},
        owners=[experiment.owner],
        code_version=version_of(code=GATE_VERSION, gates=document["gates"], sizes=document["evaluation"]),
        description="Deflated Sharpe with the ledger's trial count, PBO, SPA, drawdown, stability over folds and "
        "paths, bootstrap intervals, each held against its threshold. Promoted or refused, the decision is recorded."
        "\n\nThe table `reasons` holds every rule with its figure and threshold; the check `promotion_gate` applies "
        "the same function and blocks `champion`. Thresholds stand in the experiment file, under `gates`.",
    )
    def gate_report(
        context: dg.AssetExecutionContext,
        warehouse: Warehouse,
        artifacts: Artifacts,
        governance: Governance,
        compute: ComputeResource,
        clock: Clock,
    ) -> dg.MaterializeResult:
        snapshot_id = context.partition_key
        with measured() as figures:
            returns = load_returns(warehouse, artifacts, snapshot_id, experiment.name)
            data_hash = load_training_set(warehouse, artifacts, snapshot_id, experiment.name).content_hash()
            count = governance.ledger().count(snapshot_id)
            audited = audited_trials(governance.audit().rows(STARTED), snapshot_id)
            evidence = collect(
                returns,
                experiment.evaluation,
                trials=count.fits,
                audited=audited.fits,
                configurations=count.configurations,
                seed=experiment.seed,
                coverage=coverage_gaps(stored_report(warehouse, VALIDITY, snapshot_id, experiment.name).payload),
            )
            verdict = promotion_gate(evidence, experiment.gates.promotion)
            report = _report(experiment, evidence, verdict, count, data_hash, compute_for(experiment, compute))
            content_hash = warehouse.reports.put(GATE_REPORT, snapshot_id, experiment.name, report)
            _decide(experiment, snapshot_id, report, content_hash, governance, clock)
        return dg.MaterializeResult(
            metadata={
                "verdict": "promoted" if verdict.passed else "refused",
                "best_family": evidence.best or "none",
                "model_version": report["best"]["model_version"] if report["best"] else "none",
                **reasons(verdict),
                "candidates": books({one.name: one.figures for one in evidence.candidates}, _CANDIDATE_COLUMNS),
                **numbers(_headline(evidence)),
                "trials": count.fits,
                "configurations": count.configurations,
                "deflation_trials": evidence.deflation_trials,
                **figures,
            },
            data_version=dg.DataVersion(content_hash),
        )

    return gate_report


def _decide(
    experiment: Experiment,
    snapshot_id: str,
    report: dict[str, Any],
    content_hash: str,
    governance: Governance,
    clock: Clock,
) -> None:
    """Record the decision once a report; the same report judged again adds nothing."""
    registry = governance.registry()
    known = registry.decisions(experiment.name, snapshot_id)
    if known and known[-1].gate_report_hash == content_hash:
        return
    best = report["best"]
    registry.decide(
        experiment.name,
        snapshot_id,
        best["model_version"] if best else None,
        report["verdict"]["passed"],
        report["verdict"]["reasons"],
        content_hash,
        at=clock.now(),
        approval_required=experiment.gates.approval == "required",
    )
