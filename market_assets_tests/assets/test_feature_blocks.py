"""Families through the store: each snapshot costs what it adds, and reads as if all of it had been computed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import polars as pl
import pytest

from market_assets.assets import feature_blocks
from market_assets.assets.feature_blocks import store_family
from market_assets.assets.panel import load_panel, read_panel
from market_assets.core.features.base import Family
from market_assets.core.features.chunks import Prefixes
from market_assets.core.features.registry import FAMILIES
from market_assets.core.market.adjust import adjust
from market_assets.core.market.panel import Panel
from market_assets.core.market.symbols import SymbolRecord
from market_assets.resources.warehouse import Warehouse
from market_assets.stores import features
from market_assets.stores.database import Database
from market_assets.stores.recent import Recent
from market_assets.stores.snapshots import SnapshotManifest
from market_assets.stores.symbols import RegisteredSymbol
from market_assets_tests.core.features.panels import market

pytestmark = pytest.mark.services
NOW = datetime(2024, 1, 1, tzinfo=UTC)
CUT = datetime(2015, 9, 10, 22, tzinfo=UTC)
LAST = datetime(2015, 10, 12, 22, tzinfo=UTC)
every_family = pytest.mark.parametrize("name", sorted(FAMILIES))


@pytest.fixture(autouse=True)
def nothing_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is read is what the database holds."""
    monkeypatch.setattr(features, "_KEPT", Recent(keep=0))


@cache
def raw() -> Panel:
    """Bars up to a day after ``LAST``."""
    return market(sessions=285, equities=4, seed=11)


@pytest.fixture
def warehouse(database: Database) -> Warehouse:
    """A warehouse with the market's symbols and bars."""
    warehouse = Warehouse(database_url=database.url)
    known = zip(raw().symbols, raw().sectors, raw().kinds, strict=True)
    warehouse.symbols.register([RegisteredSymbol.of(SymbolRecord(*one), {}) for one in known])
    warehouse.bars.append(raw().to_frame(), NOW)
    return warehouse


def cut(warehouse: Warehouse, name: str, as_of: datetime) -> SnapshotManifest:
    """The snapshot of a time."""
    panel = read_panel(warehouse, as_of, tuple(sorted(raw().symbols)))
    manifest = SnapshotManifest(name, as_of, panel.symbols, as_of, as_of, panel.n_rows, panel.content_hash())
    warehouse.snapshots.put(manifest)
    return manifest


def assert_whole(warehouse: Warehouse, manifest: SnapshotManifest, family: Family) -> None:
    """What is stored has the bytes of a computation of everything."""
    values = family.compute(adjust(load_panel(warehouse, manifest)))
    frame = warehouse.features.read(manifest.snapshot_id, family.name, manifest.symbols)
    assert frame.names == family.names
    assert frame.values.tobytes() == np.where(np.isnan(values), np.nan, values).tobytes()


def rows_stored(warehouse: Warehouse) -> int:
    """Feature rows in the database."""
    return warehouse.database.frame("SELECT count(*) AS n FROM feature_row").item()


def revise(warehouse: Warehouse, symbol: str) -> np.datetime64:
    """Half an hour after ``CUT`` another close of one bar becomes known; the month of the bar."""
    bar = warehouse.bars.as_of(CUT, [symbol])[150]
    known = CUT + timedelta(minutes=30)
    changed = bar.with_columns(close=pl.col("close") * 0.999, known_at=pl.lit(known).dt.cast_time_unit("us"))
    warehouse.bars.append(changed, NOW)
    return np.datetime64(bar["ts"].item().replace(tzinfo=None), "M")


@every_family
def test_a_month_more_writes_the_open_months_alone(warehouse: Warehouse, name: str) -> None:
    """September is open at the cut, October is new: nothing else is computed or written, and bytes are the whole's."""
    family, first = FAMILIES[name], cut(warehouse, "s1", CUT)
    begun = store_family(warehouse, first, family, first.symbols)
    assert (begun.rows, begun.rows_computed) == (first.rows, first.rows)
    longer = cut(warehouse, "s2", LAST)
    added = store_family(warehouse, longer, family, longer.symbols)
    months = load_panel(warehouse, longer).ts.astype("datetime64[M]")
    assert added.rows_computed == int((months >= np.datetime64("2015-09")).sum())
    assert rows_stored(warehouse) == first.rows + added.rows_computed
    for manifest in (first, longer):
        assert_whole(warehouse, manifest, family)
    again = store_family(warehouse, longer, family, longer.symbols)
    assert (again.rows, again.rows_computed) == (0, 0)


@every_family
def test_a_revision_of_the_past_is_computed_from_its_month_on(warehouse: Warehouse, name: str) -> None:
    """For its symbol, or for all where the family compares symbols; the older snapshot reads as before."""
    family, before = FAMILIES[name], cut(warehouse, "s1", CUT)
    store_family(warehouse, before, family, before.symbols)
    symbol = raw().symbols[2]
    month = revise(warehouse, symbol)
    after = cut(warehouse, "s2", CUT.replace(hour=23))
    assert after.rows == before.rows
    done = store_family(warehouse, after, family, after.symbols)
    panel = load_panel(warehouse, after)
    hit = panel.ts.astype("datetime64[M]") >= month
    if family.per_symbol:
        hit &= panel.symbol_codes() == panel.symbols.index(symbol)
    assert done.rows_computed == int(hit.sum())
    for manifest in (before, after):
        assert_whole(warehouse, manifest, family)


def test_few_symbols_at_a_time(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    """Written one symbol a transaction, the rows are the same."""
    monkeypatch.setattr(feature_blocks, "WRITE_BYTES", 1)
    manifest = cut(warehouse, "s1", CUT)
    for name in ("technical", "cross_sectional"):
        store_family(warehouse, manifest, FAMILIES[name], manifest.symbols[1:4])
        assert set(warehouse.features.fingerprints("s1", name)) == set(manifest.symbols[1:4])
        store_family(warehouse, manifest, FAMILIES[name], manifest.symbols)
        assert_whole(warehouse, manifest, FAMILIES[name])


def test_new_code_replaces_the_blocks_of_its_snapshot_only(warehouse: Warehouse) -> None:
    """Chunks that only the replaced block held are gone; those of another snapshot stay readable."""
    family = FAMILIES["microstructure"]
    first, longer = cut(warehouse, "s1", CUT), cut(warehouse, "s2", LAST)
    for manifest in (first, longer):
        store_family(warehouse, manifest, family, manifest.symbols)
    newer = replace(family, version="next")
    done = store_family(warehouse, longer, newer, longer.symbols)
    assert done.rows_computed == longer.rows
    assert rows_stored(warehouse) == first.rows + longer.rows
    assert_whole(warehouse, first, family)
    assert_whole(warehouse, longer, newer)


def test_planted_bug_a_key_that_forgets_the_past_is_seen(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    """Were a month named by its own rows, a revision before it would leave stale values: the comparison notices."""

    def forgetful(panel: Panel) -> Prefixes:
        found = Prefixes.of(panel)
        own = tuple(tuple(panel.close[low:high].tobytes() for low, high in pairwise(edges)) for edges in found.bounds)
        return replace(found, own=own)

    monkeypatch.setattr(feature_blocks, "_prefixes", Recent(keep=0))
    monkeypatch.setattr(feature_blocks, "Prefixes", SimpleNamespace(of=forgetful))
    family, before = FAMILIES["microstructure"], cut(warehouse, "s1", CUT)
    store_family(warehouse, before, family, before.symbols)
    revise(warehouse, raw().symbols[2])
    after = cut(warehouse, "s2", CUT.replace(hour=23))
    store_family(warehouse, after, family, after.symbols)
    with pytest.raises(AssertionError):
        assert_whole(warehouse, after, family)
