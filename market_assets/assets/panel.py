"""Reading the panel of a snapshot: an as-of read, verified against the snapshot's content hash."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from market_assets.core.errors import IntegrityError
from market_assets.core.market.panel import Panel
from market_assets.resources.warehouse import Warehouse
from market_assets.stores.recent import Recent
from market_assets.stores.snapshots import SnapshotManifest

_panels: Recent[Panel] = Recent(keep=2)


def read_panel(warehouse: Warehouse, as_of: datetime, symbols: tuple[str, ...], side_row: int = 0) -> Panel:
    """Bars of the named symbols as they were known at ``as_of``, with sectors, kinds and side series.

    Parameters
    ----------
    side_row : last row of side series to take; 0 = none.
    """
    frame = warehouse.bars.as_of(as_of, symbols)
    records = {record.symbol: record for record in warehouse.symbols.all(include_retired=True)}
    panel = Panel.from_frame(
        frame,
        sectors={name: records[name].sector for name in symbols},
        kinds={name: records[name].kind for name in symbols},
    )
    return replace(panel, side=warehouse.side.as_of(as_of, panel.symbols, side_row)) if side_row else panel


def load_panel(warehouse: Warehouse, manifest: SnapshotManifest) -> Panel:
    """The panel of a snapshot, read as of its date and checked byte for byte.

    A panel is a function of its content hash, so the last few are kept in memory.

    Raises
    ------
    IntegrityError
        when the warehouse no longer gives the rows the snapshot was cut from.
    """
    return _panels.get((warehouse.database_url, manifest.snapshot_id), lambda: _verified_panel(warehouse, manifest))


def _verified_panel(warehouse: Warehouse, manifest: SnapshotManifest) -> Panel:
    panel = read_panel(warehouse, manifest.as_of, manifest.symbols, manifest.side_row)
    if (found := panel.content_hash()) != manifest.content_hash:
        raise IntegrityError(
            f"snapshot {manifest.snapshot_id}: the warehouse gives rows with hash {found[:12]}, the manifest says "
            f"{manifest.content_hash[:12]}; bars, side series, sectors or kinds changed behind the snapshot"
        )
    return panel
