"""The third lock of every gate: a gated asset loads the stored report, verifies it, and refuses."""

from __future__ import annotations

from collections.abc import Iterable

import dagster as dg

from market_assets.assets import label_report, leakage, quality
from market_assets.core.features.registry import FAMILIES, proof_needed, schema_version
from market_assets.core.gates.evidence import Evidence
from market_assets.core.gates.leakage import leakage_gate
from market_assets.core.gates.promotion import promotion_gate
from market_assets.core.gates.quality import quality_gate
from market_assets.core.gates.switchboard import switchboard_gate
from market_assets.core.gates.verdict import Verdict, judge
from market_assets.core.labels.report import label_gate
from market_assets.core.leakage.fitted import FITTED
from market_assets.experiments.spec import DataPolicy, Experiment
from market_assets.resources.governance import Governance
from market_assets.resources.warehouse import Warehouse
from market_assets.stores.reports import StoredReport

GATE_REPORT = "gate"
ABLATION = "ablation"


def stored_report(warehouse: Warehouse, kind: str, snapshot_id: str, experiment: str = "") -> StoredReport:
    """The newest stored report, or a failure that says which asset writes it."""
    report = warehouse.reports.latest(kind, snapshot_id, experiment)
    if report is None:
        raise dg.Failure(
            f"gate closed: no {kind} report for snapshot {snapshot_id}; materialize it first", allow_retries=False
        )
    return report


def quality_verdict(warehouse: Warehouse, snapshot_id: str, policy: DataPolicy) -> Verdict:
    """Apply the quality gate to the stored report."""
    return quality_gate(stored_report(warehouse, quality.KIND, snapshot_id).payload, policy.quality_gate)


def leakage_verdict(warehouse: Warehouse, snapshot_id: str, policy: DataPolicy, used: Iterable[str] = ()) -> Verdict:
    """Apply the leakage gate to the stored proof; a proof of other code, or by another proof, proves nothing.

    Parameters
    ----------
    used : feature families that are about to be used: an optional one among them must be proven, too.
    """
    payload = stored_report(warehouse, leakage.KIND, snapshot_id).payload
    if payload.get("schema_version") != schema_version():
        text = "The leakage proof is of other feature code than today's; materialize leakage_report again."
        return Verdict.of([judge("leakage_schema", None, "==", 0, text)])
    if payload.get("proof_version") != leakage.proof_version():
        text = "The leakage proof was made by another version of the proof; materialize leakage_report again."
        return Verdict.of([judge("leakage_proof", None, "==", 0, text)])
    return leakage_gate(payload, proof_needed(used), tuple(FITTED), policy.leakage.max_late_share)


def label_verdict(warehouse: Warehouse, snapshot_id: str, experiment: Experiment) -> Verdict:
    """Apply the label gate to the stored report; a report of other labels than today's says nothing."""
    payload = stored_report(warehouse, label_report.KIND, snapshot_id, experiment.name).payload
    if payload.get("identity") != label_report.report_identity(experiment):
        text = f"The label report is of other labels than today's; materialize {experiment.name}/label_report again."
        return Verdict.of([judge("label_identity", None, "==", 0, text)])
    return label_gate(payload, experiment.gates.labels)


def switchboard_verdict(warehouse: Warehouse, experiment: Experiment) -> Verdict:
    """Apply the switchboard to the ablation reports that the experiment names, of whatever snapshot they are."""
    found = {digest: warehouse.reports.named(ABLATION, digest) for digest in experiment.switched_on.values()}
    reports = {digest: report.payload for digest, report in found.items() if report is not None}
    families = [FAMILIES[name] for name in experiment.features]
    return switchboard_gate(families, experiment.switched_on, reports, experiment.document())


def promotion_verdict(warehouse: Warehouse, snapshot_id: str, experiment: Experiment) -> Verdict:
    """Apply the promotion gate to the stored evidence; the stored verdict itself is never trusted."""
    payload = stored_report(warehouse, GATE_REPORT, snapshot_id, experiment.name).payload
    return promotion_gate(Evidence.from_payload(payload["evidence"]), experiment.gates.promotion)


def approval_verdict(warehouse: Warehouse, governance: Governance, snapshot_id: str, experiment: Experiment) -> Verdict:
    """The human checkpoint: passed where the experiment asks for none, or somebody approved the newest decision."""
    if experiment.gates.approval == "automatic":
        return Verdict.of([judge("human_approval", 1, "==", 1, "The experiment asks for no approval.")])
    best = stored_report(warehouse, GATE_REPORT, snapshot_id, experiment.name).payload["best"]
    version = best["model_version"] if best else None
    given = governance.approvals().find(experiment.name, version) if version else None
    if given is not None:
        text = f"Decision {given.decision} was approved by {given.reviewer}: {given.note}"
    else:
        text = (
            f"{version or 'No candidate'} waits for a reviewer: the job approve_promotion, or market-assets approve "
            f"{version or 'MODEL_VERSION'} --reviewer NAME --note WHY."
        )
    return Verdict.of([judge("human_approval", int(given is not None), "==", 1, text)])


def require(name: str, snapshot_id: str, verdict: Verdict) -> None:
    """Raise a non-retryable failure with every failed reason when the gate is closed."""
    if not verdict.passed:
        failed = verdict.failures
        raise dg.Failure(
            f"{name} gate refused snapshot {snapshot_id}: " + "; ".join(reason.text for reason in failed),
            metadata={reason.gate: reason.text for reason in failed},
            allow_retries=False,
        )
