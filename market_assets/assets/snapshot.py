"""Snapshot: an as-of read of bars and side series with a hash over every row. Nothing is copied."""

from collections.abc import Sequence
from datetime import datetime

import dagster as dg
import numpy as np

from market_assets.assets import keys
from market_assets.assets.measure import measured
from market_assets.assets.panel import load_panel, read_panel
from market_assets.core.errors import BadInputError, Location
from market_assets.partitions import SNAPSHOT
from market_assets.resources.clock import Clock
from market_assets.resources.governance import Governance
from market_assets.resources.warehouse import Warehouse
from market_assets.stores.snapshots import SnapshotManifest

SNAPSHOT_VERSION = "1"
INTERVAL = "1d"

COLUMNS = dg.TableSchema(
    columns=[
        dg.TableColumn("snapshot_id", "text", "YYYYMMDD of the as-of date, and 12 hex digits of the content hash"),
        dg.TableColumn("as_of", "timestamptz", "only rows known at this moment belong to it"),
        dg.TableColumn("symbols", "text[]", "the universe"),
        dg.TableColumn("first_ts", "timestamptz", "first bar"),
        dg.TableColumn("last_ts", "timestamptz", "last bar"),
        dg.TableColumn("rows", "bigint", "bars of all symbols"),
        dg.TableColumn("content_hash", "text", "SHA-256 over every row, side series, sector and kind"),
        dg.TableColumn("interval", "text", "length of a bar"),
        dg.TableColumn("side_row", "bigint", "last row of side series that was there; 0 = none"),
    ]
)


def cut_snapshot(
    warehouse: Warehouse, governance: Governance, clock: Clock, as_of: datetime, symbols: Sequence[str] | None
) -> SnapshotManifest:
    """Name the state of bars and side series at ``as_of``; the same rows always give the same snapshot.

    Raises
    ------
    BadInputError
        ``unknown_symbol`` for a symbol that is not registered; ``no_bars`` for a named one without bars;
        ``empty_snapshot`` when nothing was known then.
    """
    known = {record.symbol for record in warehouse.symbols.all()}
    if unknown := sorted(set(symbols or ()) - known):
        raise BadInputError(
            "unknown_symbol", f"not registered: {', '.join(unknown)}; ingest them first", Location(column="symbols")
        )
    side_row = warehouse.side.last_row()
    panel = read_panel(warehouse, as_of, tuple(sorted(symbols or known)), side_row)
    if panel.n_rows == 0:
        raise BadInputError(
            "empty_snapshot", f"no bar was known at {as_of.isoformat()}; ingest bars or choose a later date"
        )
    if silent := sorted(set(symbols or ()) - set(panel.symbols)):
        raise BadInputError(
            "no_bars", f"no bar was known at {as_of.isoformat()} of {', '.join(silent)}", Location(column="symbols")
        )
    content_hash = panel.content_hash()
    first, last = (value.astype("datetime64[us]").item() for value in (panel.ts.min(), panel.ts.max()))
    manifest = SnapshotManifest(
        snapshot_id=f"{as_of:%Y%m%d}-{content_hash[:12]}",
        as_of=as_of,
        symbols=panel.symbols,
        first_ts=first.replace(tzinfo=as_of.tzinfo),
        last_ts=last.replace(tzinfo=as_of.tzinfo),
        rows=panel.n_rows,
        content_hash=content_hash,
        interval=INTERVAL,
        side_row=0 if panel.side is None else side_row,
    )
    stored = {one.snapshot_id: one for one in warehouse.snapshots.list()}
    if manifest.snapshot_id in stored:
        return stored[manifest.snapshot_id]
    warehouse.snapshots.put(manifest)
    subject = {"snapshot_id": manifest.snapshot_id, "rows": manifest.rows, "content_hash": content_hash}
    governance.audit().append("snapshot_cut", subject, actor="operator", at=clock.now())
    return manifest


@dg.asset(
    key=keys.SNAPSHOT,
    deps=[
        dg.AssetDep(keys.BARS, partition_mapping=dg.AllPartitionMapping()),
        dg.AssetDep(keys.SIDE_SERIES, partition_mapping=dg.AllPartitionMapping()),
    ],
    partitions_def=SNAPSHOT,
    group_name="data",
    kinds={"postgres"},
    owners=["team:data"],
    code_version=SNAPSHOT_VERSION,
    description="One state of the bars, as known at a date: its id carries a hash over every row. Cut one with the job "
    "`cut_snapshot`; materializing it reads the rows again and checks the hash."
    "\n\nA snapshot keeps its meaning: bars and side series learned or loaded later, and later revisions, are not in "
    "it. Every later layer is partitioned by snapshot, so each figure names the data it comes from.",
    metadata={"dagster/column_schema": COLUMNS},
)
def snapshot(context: dg.AssetExecutionContext, warehouse: Warehouse) -> dg.MaterializeResult:
    """Read the snapshot's rows back and verify them."""
    with measured() as figures:
        manifest = warehouse.snapshots.get(context.partition_key)
        panel = load_panel(warehouse, manifest)
        bars = np.diff(panel.offsets)
    return dg.MaterializeResult(
        metadata={
            "rows": manifest.rows,
            "symbols": len(manifest.symbols),
            "as_of": manifest.as_of.isoformat(),
            "first": manifest.first_ts.isoformat(),
            "last": manifest.last_ts.isoformat(),
            "shortest_history_sessions": int(bars.min()),
            "side_series": ", ".join(panel.side.names) if panel.side is not None else "none",
            "side_rows": panel.side.n_rows if panel.side is not None else 0,
            "content_hash": manifest.content_hash,
            **figures,
        },
        data_version=dg.DataVersion(manifest.content_hash),
    )
