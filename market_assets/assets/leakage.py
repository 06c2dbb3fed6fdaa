"""The leakage proof: perturb the future of the snapshot, demand a byte-equal past of every feature."""

from collections.abc import Iterable
from typing import Any

import dagster as dg

from market_assets.assets import keys
from market_assets.assets.measure import measured
from market_assets.assets.panel import load_panel
from market_assets.assets.versions import version_of
from market_assets.core.features.causality import CAUSALITY_VERSION, default_cuts, prove_causal
from market_assets.core.features.registry import FAMILIES, schema_version
from market_assets.core.gates.leakage import leakage_gate
from market_assets.experiments.spec import LeakageSpec
from market_assets.partitions import SNAPSHOT, from_snapshot
from market_assets.resources.warehouse import Warehouse

KIND = "leakage"


def build_leakage(spec: LeakageSpec, used: Iterable[str]) -> dg.AssetsDefinition:
    """The proof as an asset of its own, partitioned by snapshot, so that its check keeps its partition.

    Every registered family is proven; the report waits for those in ``used`` only, which some experiment stores.
    """

    @dg.asset(
        key=keys.LEAKAGE_REPORT,
        deps=[dg.AssetDep(keys.features(name), partition_mapping=from_snapshot()) for name in used],
        partitions_def=SNAPSHOT,
        group_name="features",
        kinds={"numpy", "postgres"},
        owners=["team:quant"],
        code_version=version_of(code=CAUSALITY_VERSION, schema=schema_version(), cuts=spec.cuts, seed=spec.seed),
        description="Proof that no feature sees the future: at several dates all later bars are perturbed and dropped, "
        "and every earlier feature value must keep its bytes. All registered families are proven, stored or not. Its "
        "blocking check is the leakage gate.",
    )
    def leakage_report(context: dg.AssetExecutionContext, warehouse: Warehouse) -> dg.MaterializeResult:
        with measured() as figures:
            panel = load_panel(warehouse, warehouse.snapshots.get(context.partition_key))
            cuts = default_cuts(panel, spec.cuts, spec.seed)
            results = []
            for family in FAMILIES.values():
                results.append(prove_causal(family, panel, cuts, spec.seed).to_payload())
                context.log.info("%s: %d violations", family.name, results[-1]["violations_count"])
            payload = {"schema_version": schema_version(), "families": results}
            content_hash = warehouse.reports.put(KIND, context.partition_key, "", payload)
            verdict = leakage_gate(payload, tuple(FAMILIES))
        return dg.MaterializeResult(
            metadata={
                "gate_passes": verdict.passed,
                "features": sum(len(family.names) for family in FAMILIES.values()),
                "cuts": len(cuts),
                "violations": sum(result["violations_count"] for result in results),
                "families": dg.MetadataValue.table([dg.TableRecord(_row(result)) for result in results]),
                **figures,
            },
            data_version=dg.DataVersion(content_hash),
        )

    return leakage_report


def _row(result: dict[str, Any]) -> dict[str, str | int | bool]:
    cuts = ", ".join(str(cut)[:10] for cut in result["cuts"])
    return {
        "family": result["family"],
        "passed": result["passed"],
        "violations": result["violations_count"],
        "cuts": cuts,
    }
