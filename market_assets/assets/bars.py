"""Bars: what the registered source of each symbol says, appended to the bitemporal warehouse."""

from collections import defaultdict

import dagster as dg
import polars as pl

from market_assets.assets import keys
from market_assets.assets.display import describe_partitions
from market_assets.assets.measure import measured
from market_assets.core.identity import canonical_json, sha256_hex
from market_assets.partitions import SYMBOL
from market_assets.resources.clock import Clock
from market_assets.resources.warehouse import Warehouse
from market_assets.sources.base import open_source
from market_assets.sources.contract import CONTRACT_VERSION

COLUMNS = dg.TableSchema(
    columns=[
        dg.TableColumn("symbol", "text", "allow-listed name"),
        dg.TableColumn("ts", "timestamptz", "when the bar closed, UTC"),
        dg.TableColumn("known_at", "timestamptz", "when we learned it; a revision is a new row with a later one"),
        *(dg.TableColumn(name, "double", "as traded, never adjusted") for name in ("open", "high", "low", "close")),
        dg.TableColumn("volume", "double", "shares, as traded"),
        dg.TableColumn("split", "double", "new shares per old share, on the ex-date (1 = none)"),
        dg.TableColumn("dividend", "double", "cash per share, on the ex-date"),
    ]
)


@dg.asset(
    key=keys.BARS,
    partitions_def=SYMBOL,
    group_name="data",
    kinds={"postgres", "polars"},
    owners=["team:data"],
    code_version=CONTRACT_VERSION,
    backfill_policy=dg.BackfillPolicy.single_run(),
    metadata={"dagster/column_schema": COLUMNS},
    description="Daily bars of one symbol, bitemporal and append-only. Each row passes the ingestion contract; a bad "
    "row refuses the whole load and names file, row, column and rule. Vendor revisions become new rows."
    "\n\n**To fill it:** register symbols with the job `register_symbols`, then materialize the symbols you want; a "
    "backfill of many is one run, one read a source. `rows_inserted`, `rows_unchanged`, `rows_revised` and `seconds` "
    "count the whole run of `symbols` symbols; a run of few symbols also gives each its `source_rows`, `first_bar` "
    "and `last_bar`.",
)
def bars(context: dg.AssetExecutionContext, warehouse: Warehouse, clock: Clock) -> dg.MaterializeResult:
    """Fetch from the registered sources, one read a source, and append in one transaction."""
    with measured() as figures:
        by_source: dict[bytes, list[str]] = defaultdict(list)
        for symbol in context.partition_keys:
            by_source[canonical_json(warehouse.symbols.get(symbol).source)].append(symbol)
        totals = {"rows_inserted": 0, "rows_unchanged": 0, "rows_revised": 0}
        for symbols in by_source.values():
            source = open_source(warehouse.symbols.get(symbols[0]).source)
            context.log.info("reading %d symbols from %s", len(symbols), source.name)
            frame = source.bars(symbols)
            result = warehouse.bars.append(frame, clock.now())
            _describe_partitions(context, frame)
            for name in ("inserted", "unchanged", "revised"):
                totals[f"rows_{name}"] += getattr(result, name)
    version = sha256_hex(b"\n".join(sorted(by_source)))
    return dg.MaterializeResult(
        metadata={"symbols": len(context.partition_keys), **totals, **figures}, data_version=dg.DataVersion(version)
    )


def _describe_partitions(context: dg.AssetExecutionContext, frame: pl.DataFrame) -> None:
    """What the source gave for each symbol, on the page of its partition."""
    facts = {}
    spans = frame.group_by("symbol").agg(pl.len().alias("rows"), pl.col("ts").min().alias("first"), pl.col("ts").max())
    for symbol, rows, first, last in spans.sort("symbol").iter_rows():
        facts[symbol] = {"source_rows": rows, "first_bar": f"{first:%Y-%m-%d}", "last_bar": f"{last:%Y-%m-%d}"}
    describe_partitions(context, facts)
