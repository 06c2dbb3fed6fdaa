"""The leakage proof: perturb the future of the snapshot, demand a byte-equal past of every feature; fits likewise."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import UTC
from typing import Any

import dagster as dg
import numpy as np

from market_assets.assets import keys
from market_assets.assets.display import rounded
from market_assets.assets.measure import measured
from market_assets.assets.panel import load_panel, read_panel
from market_assets.assets.versions import version_of
from market_assets.core.features.causality import CAUSALITY_VERSION, CausalityResult, default_cuts, prove_families
from market_assets.core.features.registry import FAMILIES, proof_needed, schema_version
from market_assets.core.gates.leakage import leakage_gate
from market_assets.core.identity import fingerprint
from market_assets.core.leakage.fitted import FITTED, fitted_schema, prove_fitted
from market_assets.core.leakage.known_at import prove_known
from market_assets.core.market.panel import Panel
from market_assets.experiments.spec import LeakageSpec
from market_assets.partitions import SNAPSHOT, from_snapshot
from market_assets.resources.warehouse import Warehouse

KIND = "leakage"
READ_AGAIN = 4  # symbols whose bars are read as of every cut


def proof_version() -> str:
    """Identity of the code of the proof and of the fitted objects it covers; the features have their own."""
    return fingerprint(causality=CAUSALITY_VERSION, fitted=fitted_schema())


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
        code_version=version_of(code=proof_version(), schema=schema_version(), cuts=spec.cuts, seed=spec.seed),
        description="Proof that no feature sees the future: at several dates all later bars become noise, are "
        "multiplied by one million and are dropped, and every earlier feature value must keep its bytes. What is "
        "fitted in a fold may not move with rows outside its training part, and bars read as of an earlier date are "
        "those known by then. All registered families are proven, stored or not; one whose side series the snapshot "
        "does not hold says `no data`, which is no pass for an experiment that uses it. Its blocking check is the "
        "leakage gate.",
    )
    def leakage_report(context: dg.AssetExecutionContext, warehouse: Warehouse) -> dg.MaterializeResult:
        with measured() as figures:
            panel = load_panel(warehouse, warehouse.snapshots.get(context.partition_key))
            cuts = default_cuts(panel, spec.cuts, spec.seed)
            results = prove_families(FAMILIES.values(), panel, cuts, spec.seed)
            for result in results:
                context.log.info("%s: %d violations", result.family, result.violations_count)
            payload = {
                "schema_version": schema_version(),
                "proof_version": proof_version(),
                "families": [result.to_payload() for result in results],
                "fitted": [asdict(result) for result in prove_fitted(spec.seed)],
                "known_at": _known_at(warehouse, panel, cuts),
            }
            content_hash = warehouse.reports.put(KIND, context.partition_key, "", payload)
            verdict = leakage_gate(payload, proof_needed(), tuple(FITTED), spec.max_late_share)
        return dg.MaterializeResult(
            metadata={"gate_passes": verdict.passed, **_facts(panel, results, payload), **figures},
            data_version=dg.DataVersion(content_hash),
        )

    return leakage_report


def _known_at(warehouse: Warehouse, panel: Panel, cuts: Sequence[np.datetime64]) -> dict[str, Any]:
    """Bars read again as of every cut, of symbols spread over the panel."""
    step = max(1, len(panel.symbols) // READ_AGAIN)
    symbols = panel.symbols[::step][:READ_AGAIN]

    def read(cut: np.datetime64) -> Panel:
        return read_panel(warehouse, cut.astype("datetime64[us]").item().replace(tzinfo=UTC), symbols)

    return asdict(prove_known(panel, read, cuts))


def _facts(panel: Panel, results: Sequence[CausalityResult], payload: dict[str, Any]) -> dict[str, Any]:
    """What of the report the UI shows."""
    computed = sum(result.rows for result in results) / (panel.n_rows * len(results))
    tried = [{"family": result.family, **asdict(one)} for result in results for one in result.trials]
    fitted = [{**entry, "variants": ", ".join(entry["variants"]) or "none"} for entry in payload["fitted"]]
    known = payload["known_at"]
    return {
        "features": sum(len(FAMILIES[result.family].names) for result in results),
        "cuts": len(results[0].cuts),
        "violations": sum(result.violations_count for result in results),
        "fitted_violations": sum(entry["violations_count"] for entry in payload["fitted"]),
        "late_share": rounded(known["late_rows"] / known["rows"]),
        "as_of_violations": known["violations_count"],
        # bars computed again, of those the feature stage computes for the same families
        "recomputed_share": rounded(computed),
        "families": dg.MetadataValue.table([dg.TableRecord(_row(result)) for result in results]),
        "trials": dg.MetadataValue.table([dg.TableRecord(row) for row in tried]),
        "fitted": dg.MetadataValue.table([dg.TableRecord(row) for row in fitted]),
    }


def _row(result: CausalityResult) -> dict[str, str | int | bool]:
    return {
        "family": result.family,
        "passed": result.passed,
        "violations": result.violations_count,
        "compared": result.compared,
        "leaking": ", ".join(result.leaks) or "none",
        "never_defined": ", ".join(result.undefined) or "none",
        "variants": ", ".join(result.variants),
        "cuts": ", ".join(cut[:10] for cut in result.cuts),
    }
