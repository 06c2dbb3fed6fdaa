"""The first lock of every gate: blocking, partitioned checks that call the same pure functions as the gated assets."""

import dagster as dg

from market_assets.assets import keys
from market_assets.assets.locks import leakage_verdict, promotion_verdict, quality_verdict
from market_assets.core.gates.verdict import Verdict
from market_assets.experiments.spec import DataPolicy, Experiment
from market_assets.partitions import SNAPSHOT
from market_assets.resources.warehouse import Warehouse


def _result(verdict: Verdict) -> dg.AssetCheckResult:
    failed = verdict.failures
    rows = [
        dg.TableRecord(
            {
                "gate": reason.gate,
                "value": "-" if reason.value is None else f"{reason.value:.4g}",
                "rule": f"{reason.comparison} {reason.threshold:.4g}",
                "passed": reason.passed,
            }
        )
        for reason in verdict.reasons
    ]
    return dg.AssetCheckResult(
        passed=verdict.passed,
        severity=dg.AssetCheckSeverity.ERROR,
        description="; ".join(reason.text for reason in failed) or "every threshold is met",
        metadata={"failed": len(failed), **({"reasons": dg.MetadataValue.table(rows)} if rows else {})},
    )


def build_shared_checks(policy: DataPolicy) -> list[dg.AssetChecksDefinition]:
    """Quality and leakage gates of the shared layers."""

    @dg.asset_check(
        asset=keys.QUALITY_REPORT,
        name="quality_gate",
        blocking=True,
        partitions_def=SNAPSHOT,
        description="Enough symbols, and no more of them failing a rule than the policy allows.",
    )
    def quality_gate_check(context: dg.AssetCheckExecutionContext, warehouse: Warehouse) -> dg.AssetCheckResult:
        return _result(quality_verdict(warehouse, context.partition_key, policy))

    @dg.asset_check(
        asset=keys.LEAKAGE_REPORT,
        name="leakage_gate",
        blocking=True,
        partitions_def=SNAPSHOT,
        description="Every feature family was proven causal at every cut, with no violation.",
    )
    def leakage_gate_check(context: dg.AssetCheckExecutionContext, warehouse: Warehouse) -> dg.AssetCheckResult:
        return _result(leakage_verdict(warehouse, context.partition_key))

    return [quality_gate_check, leakage_gate_check]


def build_promotion_check(experiment: Experiment) -> dg.AssetChecksDefinition:
    """Promotion gate of one experiment."""

    @dg.asset_check(
        asset=keys.gate_report(experiment.name),
        name="promotion_gate",
        blocking=True,
        partitions_def=SNAPSHOT,
        description="The best candidate meets every promotion threshold of the experiment's policy.",
    )
    def promotion_gate_check(context: dg.AssetCheckExecutionContext, warehouse: Warehouse) -> dg.AssetCheckResult:
        return _result(promotion_verdict(warehouse, context.partition_key, experiment))

    return promotion_gate_check
