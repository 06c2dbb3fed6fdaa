"""The gate report: all evidence on the candidates, the verdict with every reason, and the recorded decision."""

from typing import Any

import dagster as dg

from market_assets.assets import keys
from market_assets.assets.backtest import load_returns
from market_assets.assets.locks import GATE_REPORT
from market_assets.assets.measure import measured
from market_assets.assets.refit import refit_fingerprint
from market_assets.assets.seeding import compute_for
from market_assets.assets.training import load_training_set
from market_assets.assets.versions import version_of
from market_assets.core.compute import Compute
from market_assets.core.gates.collect import collect
from market_assets.core.gates.evidence import Evidence
from market_assets.core.gates.promotion import promotion_gate
from market_assets.core.gates.verdict import Verdict
from market_assets.experiments.spec import Experiment
from market_assets.governance.ledger import TrialCount
from market_assets.governance.manifest import model_version_name
from market_assets.partitions import SNAPSHOT
from market_assets.resources.artifacts import Artifacts
from market_assets.resources.clock import Clock
from market_assets.resources.compute import ComputeResource
from market_assets.resources.governance import Governance
from market_assets.resources.warehouse import Warehouse

GATE_VERSION = "1"


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


def build_gate(experiment: Experiment) -> dg.AssetsDefinition:
    """The gate report asset of one experiment."""
    document = experiment.document()

    @dg.asset(
        key=keys.gate_report(experiment.name),
        deps=[dg.AssetDep(keys.backtest(experiment.name)), dg.AssetDep(keys.calibration(experiment.name))],
        partitions_def=SNAPSHOT,
        group_name=experiment.name,
        kinds={"numpy", "postgres"},
        owners=[experiment.owner],
        code_version=version_of(code=GATE_VERSION, gates=document["gates"], sizes=document["evaluation"]),
        description="Deflated Sharpe with the ledger's trial count, PBO, SPA, drawdown, stability over folds and "
        "paths, bootstrap intervals, each held against its threshold. Promoted or refused, the decision is recorded.",
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
            evidence = collect(
                returns,
                experiment.evaluation,
                trials=count.fits,
                configurations=count.configurations,
                seed=experiment.seed,
            )
            verdict = promotion_gate(evidence, experiment.gates.promotion)
            report = _report(experiment, evidence, verdict, count, data_hash, compute_for(experiment, compute))
            content_hash = warehouse.reports.put(GATE_REPORT, snapshot_id, experiment.name, report)
            _decide(experiment, snapshot_id, report, content_hash, governance, clock)
        shown = {
            name: getattr(evidence, name)
            for name in ("sharpe", "sharpe_low", "deflated_sharpe", "hurdle", "pbo", "spa_consistent", "max_drawdown")
        }
        rows = [
            dg.TableRecord(
                {
                    "gate": reason.gate,
                    "value": "-" if reason.value is None else f"{reason.value:.4g}",
                    "rule": f"{reason.comparison} {reason.threshold:g}",
                    "passed": reason.passed,
                    "why": reason.text,
                }
            )
            for reason in verdict.reasons
        ]
        return dg.MaterializeResult(
            metadata={
                "verdict": "promoted" if verdict.passed else "refused",
                "best": evidence.best or "none",
                "trials": count.fits,
                **{name: round(float(value), 6) for name, value in shown.items() if value is not None},
                "gates": dg.MetadataValue.table(rows),
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
    )
