"""The first lock of every gate: blocking, partitioned checks that call the same pure functions as the gated assets."""

import dagster as dg

from market_assets.assets import keys
from market_assets.assets.display import reasons
from market_assets.assets.locks import (
    approval_verdict,
    label_verdict,
    leakage_verdict,
    promotion_verdict,
    quality_verdict,
)
from market_assets.core.gates.verdict import Verdict
from market_assets.experiments.spec import DataPolicy, Experiment
from market_assets.partitions import SNAPSHOT
from market_assets.resources.governance import Governance
from market_assets.resources.warehouse import Warehouse

APPROVAL = "human_approval"


def _result(verdict: Verdict) -> dg.AssetCheckResult:
    failed = verdict.failures
    headline = f"{len(failed)} of {len(verdict.reasons)} rules failed. "
    return dg.AssetCheckResult(
        passed=verdict.passed,
        severity=dg.AssetCheckSeverity.ERROR,
        description=headline + " ".join(reason.text for reason in failed) if failed else "Every threshold is met.",
        metadata={"rules": len(verdict.reasons), "rules_failed": len(failed), **reasons(verdict)},
    )


def build_shared_checks(policy: DataPolicy) -> list[dg.AssetChecksDefinition]:
    """Quality and leakage gates of the shared layers."""

    @dg.asset_check(
        asset=keys.QUALITY_REPORT,
        name="quality_gate",
        blocking=True,
        partitions_def=SNAPSHOT,
        description="Gate: enough symbols, and no more of them failing a rule than the data policy allows. While it is "
        "closed no training set is assembled, not even by hand.",
    )
    def quality_gate_check(context: dg.AssetCheckExecutionContext, warehouse: Warehouse) -> dg.AssetCheckResult:
        return _result(quality_verdict(warehouse, context.partition_key, policy))

    @dg.asset_check(
        asset=keys.LEAKAGE_REPORT,
        name="leakage_gate",
        blocking=True,
        partitions_def=SNAPSHOT,
        description="Gate: every feature family was proven causal at every cut and every fitted object blind to rows "
        "outside its training part, with no violation, by today's code; few bars were learned late. While it is closed "
        "no training set is assembled, not even by hand.",
    )
    def leakage_gate_check(context: dg.AssetCheckExecutionContext, warehouse: Warehouse) -> dg.AssetCheckResult:
        return _result(leakage_verdict(warehouse, context.partition_key, policy))

    return [quality_gate_check, leakage_gate_check]


def build_label_check(experiment: Experiment) -> dg.AssetChecksDefinition:
    """Label gate of one experiment."""

    @dg.asset_check(
        asset=keys.label_report(experiment.name),
        name="label_gate",
        blocking=True,
        partitions_def=SNAPSHOT,
        description="Gate: labels are enough after overlap, balanced, not persistent beyond the policy, and present in "
        "every regime. While it is closed no training set is assembled, not even by hand.",
    )
    def label_gate_check(context: dg.AssetCheckExecutionContext, warehouse: Warehouse) -> dg.AssetCheckResult:
        return _result(label_verdict(warehouse, context.partition_key, experiment))

    return label_gate_check


def build_promotion_checks(experiment: Experiment) -> list[dg.AssetChecksDefinition]:
    """Promotion gate of one experiment, and its human checkpoint where the experiment file asks for one."""

    @dg.asset_check(
        asset=keys.gate_report(experiment.name),
        name="promotion_gate",
        blocking=True,
        partitions_def=SNAPSHOT,
        description="Gate: the best candidate meets every promotion threshold of the experiment file. While it is "
        "closed no champion is made, not even by hand. A refusal is a result: the run is marked failed, nothing is "
        "broken.",
    )
    def promotion_gate_check(context: dg.AssetCheckExecutionContext, warehouse: Warehouse) -> dg.AssetCheckResult:
        return _result(promotion_verdict(warehouse, context.partition_key, experiment))

    @dg.asset_check(
        asset=keys.gate_report(experiment.name),
        name=APPROVAL,
        blocking=True,
        partitions_def=SNAPSHOT,
        description="Human checkpoint: a named reviewer has approved the newest decision that promotes this candidate. "
        "After an approval, execute this check again, then materialize `champion`.",
    )
    def human_approval_check(
        context: dg.AssetCheckExecutionContext, warehouse: Warehouse, governance: Governance
    ) -> dg.AssetCheckResult:
        return _result(approval_verdict(warehouse, governance, context.partition_key, experiment))

    asked = experiment.gates.approval == "required"
    return [promotion_gate_check, human_approval_check] if asked else [promotion_gate_check]
