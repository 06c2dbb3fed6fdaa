"""Feature families, one asset each, computed for whole universes at once and shared by every experiment."""

import dagster as dg
import numpy as np

from market_assets.assets import keys
from market_assets.assets.display import describe_partitions, rounded
from market_assets.assets.measure import measured
from market_assets.assets.panel import load_panel
from market_assets.assets.quality import require_members
from market_assets.core.features.base import Family
from market_assets.core.features.registry import FAMILIES
from market_assets.core.identity import fingerprint
from market_assets.core.market.adjust import adjust
from market_assets.partitions import SNAPSHOT_SYMBOL, from_snapshot, key_of, part
from market_assets.resources.warehouse import Warehouse


def feature_fingerprint(content_hash: str, family: Family, symbol: str) -> str:
    """Wanted identity of one stored block: snapshot rows, family version, symbol."""
    return fingerprint(snapshot=content_hash, family=family.name, version=family.version, symbol=symbol)


def _schema(family: Family) -> dg.TableSchema:
    return dg.TableSchema(
        columns=[dg.TableColumn(name, "double", feature.text) for name, feature in family.features.items()]
    )


def _build(family: Family) -> dg.AssetsDefinition:
    @dg.asset(
        key=keys.features(family.name),
        deps=[dg.AssetDep(keys.SNAPSHOT, partition_mapping=from_snapshot())],
        partitions_def=SNAPSHOT_SYMBOL,
        group_name="features",
        kinds={"numpy", "postgres"},
        owners=["team:quant"],
        code_version=family.version,
        backfill_policy=dg.BackfillPolicy.single_run(),
        metadata={
            "dagster/column_schema": _schema(family),
            "features": len(family.names),
            "lookback_sessions": family.lookback,
        },
        description=f"{len(family.names)} {family.name.replace('_', '-')} features of adjusted daily bars "
        f"(look-back at most {family.lookback} sessions). Causality is proven in `leakage_report`."
        "\n\n**To fill it:** choose a snapshot and its symbols; a backfill of many symbols is one run. Blocks already "
        "stored for the same rows and code are kept (`symbols_computed` counts the others). Shared by all experiments.",
    )
    def feature_family(context: dg.AssetExecutionContext, warehouse: Warehouse) -> dg.MaterializeResult:
        with measured() as figures:
            wanted: dict[str, list[str]] = {}
            for key in context.partition_keys:
                wanted.setdefault(part(key, "snapshot"), []).append(part(key, "symbol"))
            computed = sum(_materialize(context, warehouse, family, *item) for item in wanted.items())
        return dg.MaterializeResult(
            metadata={"symbols": len(context.partition_keys), "symbols_computed": computed, **figures},
            data_version=dg.DataVersion(fingerprint(snapshots=sorted(wanted), version=family.version)),
        )

    return feature_family


def _materialize(
    context: dg.AssetExecutionContext, warehouse: Warehouse, family: Family, snapshot_id: str, symbols: list[str]
) -> int:
    manifest = warehouse.snapshots.get(snapshot_id)
    wanted = {
        name: feature_fingerprint(manifest.content_hash, family, name) for name in require_members(manifest, symbols)
    }
    stored = warehouse.features.fingerprints(snapshot_id, family.name)
    missing = [name for name, value in wanted.items() if stored.get(name) != value]
    if not missing:
        context.log.info("%s: all %d symbols are stored already", family.name, len(symbols))
        return 0
    panel = load_panel(warehouse, manifest)
    values = family.compute(adjust(panel))
    blocks = {}
    for index, name in enumerate(panel.symbols):
        if name in missing:
            rows = panel.rows(index)
            blocks[name] = (panel.ts[rows], values[rows])
    describe_partitions(
        context,
        {
            key_of(snapshot=snapshot_id, symbol=name): {
                "rows": len(block),
                "missing_share": rounded(float(np.isnan(block).mean())),
            }
            for name, (_, block) in blocks.items()
        },
    )
    warehouse.features.write(
        snapshot_id, family.name, family.version, family.names, {name: wanted[name] for name in missing}, blocks
    )
    return len(missing)


def build_features() -> list[dg.AssetsDefinition]:
    """One asset per registered family."""
    return [_build(family) for family in FAMILIES.values()]
