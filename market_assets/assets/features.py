"""Feature families, one asset each, computed for whole universes at once and shared by every experiment."""

from collections import Counter

import dagster as dg

from market_assets.assets import keys
from market_assets.assets.display import describe_partitions
from market_assets.assets.feature_blocks import store_family
from market_assets.assets.measure import measured
from market_assets.assets.quality import require_members
from market_assets.core.features.base import Family
from market_assets.core.features.registry import FAMILIES
from market_assets.core.identity import fingerprint
from market_assets.partitions import SNAPSHOT_SYMBOL, from_snapshot, key_of, part
from market_assets.resources.warehouse import Warehouse


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
        "stored for the same rows and code are kept (`symbols_computed` counts the others), and so are the months that "
        "an earlier snapshot has with the same past (`rows_computed`). Shared by all experiments.",
    )
    def feature_family(context: dg.AssetExecutionContext, warehouse: Warehouse) -> dg.MaterializeResult:
        with measured() as figures:
            wanted: dict[str, list[str]] = {}
            for key in context.partition_keys:
                wanted.setdefault(part(key, "snapshot"), []).append(part(key, "symbol"))
            counts: Counter[str] = Counter(symbols_computed=0, rows=0, rows_computed=0)
            for item in wanted.items():
                counts.update(_materialize(context, warehouse, family, *item))
        return dg.MaterializeResult(
            metadata={"symbols": len(context.partition_keys), **counts, **figures},
            data_version=dg.DataVersion(fingerprint(snapshots=sorted(wanted), version=family.version)),
        )

    return feature_family


def _materialize(
    context: dg.AssetExecutionContext, warehouse: Warehouse, family: Family, snapshot_id: str, symbols: list[str]
) -> Counter[str]:
    manifest = warehouse.snapshots.get(snapshot_id)
    stored = store_family(warehouse, manifest, family, require_members(manifest, symbols))
    pages = {key_of(snapshot=snapshot_id, symbol=name): facts for name, facts in stored.symbols.items()}
    describe_partitions(context, pages)
    return Counter(symbols_computed=len(stored.symbols), rows=stored.rows, rows_computed=stored.rows_computed)


def build_features() -> list[dg.AssetsDefinition]:
    """One asset per registered family."""
    return [_build(family) for family in FAMILIES.values()]
