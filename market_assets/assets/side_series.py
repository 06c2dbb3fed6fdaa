"""Side series: what the registered source of each says, appended to the bitemporal warehouse."""

from collections import defaultdict

import dagster as dg

from market_assets.assets import keys
from market_assets.assets.display import describe_partitions
from market_assets.assets.measure import measured
from market_assets.core.errors import BadInputError
from market_assets.core.identity import canonical_json, sha256_hex
from market_assets.partitions import SERIES
from market_assets.resources.clock import Clock
from market_assets.resources.warehouse import Warehouse
from market_assets.sources.side import open_side_source

SIDE_VERSION = "1"
COLUMNS = dg.TableSchema(
    columns=[
        dg.TableColumn("row", "bigint", "number in the order of loading: a snapshot ends at one"),
        dg.TableColumn("series", "text", "allow-listed name, such as funding_rate"),
        dg.TableColumn("symbol", "text", "whose figure it is; empty = of the whole market"),
        dg.TableColumn("ts", "timestamptz", "the moment the figure is about, UTC"),
        dg.TableColumn("known_at", "timestamptz", "when it could be read; a revision is a new row with a later one"),
        dg.TableColumn("value", "double", "the figure, in the unit of its source"),
    ]
)


@dg.asset(
    key=keys.SIDE_SERIES,
    partitions_def=SERIES,
    group_name="data",
    kinds={"postgres", "polars"},
    owners=["team:data"],
    code_version=SIDE_VERSION,
    backfill_policy=dg.BackfillPolicy.single_run(),
    metadata={"dagster/column_schema": COLUMNS},
    description="One series of figures beside the bars: a funding rate, an index of implied volatility, short volume, "
    "a spread of an order book. Bitemporal and append-only; a bad row refuses the whole load and names file, row, "
    "column and rule. Every figure says when it was known, and a feature sees it from then on."
    "\n\n**Optional.** Register series with the job `register_side_series` or `market-assets side`, then materialize "
    "them. A snapshot cut afterwards holds them, and the optional feature families read them; an experiment may name "
    "such a family once an ablation shows its lift.",
)
def side_series(context: dg.AssetExecutionContext, warehouse: Warehouse, clock: Clock) -> dg.MaterializeResult:
    """Fetch from the registered sources, one read a source, and append."""
    with measured() as figures:
        sources, by_source = warehouse.side.sources(), defaultdict[bytes, list[str]](list)
        for name in context.partition_keys:
            if name not in sources:
                raise BadInputError("unknown_series", f"{name} is not registered; register it from a source first")
            by_source[canonical_json(sources[name])].append(name)
        totals = {"rows_inserted": 0, "rows_unchanged": 0, "rows_revised": 0}
        pages: dict[str, dict[str, object]] = {}
        for names in by_source.values():
            source = open_side_source(sources[names[0]])
            context.log.info("reading %d series from %s", len(names), source.name)
            frame = source.rows(names)
            result = warehouse.side.append(frame, clock.now())
            for name, part in frame.partition_by("series", as_dict=True).items():
                pages[str(name[0])] = {
                    "source_rows": part.height,
                    "symbols": part["symbol"].n_unique(),
                    "first": f"{part['ts'].min():%Y-%m-%d}",
                    "last": f"{part['ts'].max():%Y-%m-%d}",
                }
            for name in ("inserted", "unchanged", "revised"):
                totals[f"rows_{name}"] += getattr(result, name)
        describe_partitions(context, pages)
    version = sha256_hex(b"\n".join(sorted(by_source)))
    return dg.MaterializeResult(
        metadata={"series": len(context.partition_keys), **totals, **figures}, data_version=dg.DataVersion(version)
    )
