"""Partitions: one cell alone gives what the bulk run gives, and cells that do not exist are refused."""

from datetime import UTC, datetime

import numpy as np
import polars as pl
import pytest

from market_assets.assets import keys
from market_assets.assets.quality import symbol_kind
from market_assets.automation.drive import run_layers
from market_assets.automation.jobs import register
from market_assets.automation.layers import bar_layers
from market_assets.partitions import key_of
from market_assets_tests.worlds import CLEAN_AT, SOURCE, TINY, World, failures

LATE = datetime(2018, 6, 1, tzinfo=UTC)
OTHER = {"kind": "synthetic", "market": "null", "symbols": 2, "years": 2.5, "seed": 9}


def _add_symbols(world: World) -> list[str]:
    """Two more symbols, registered and fetched after the snapshots were cut."""
    names = register(world.instance, world.warehouse, OTHER, None)
    runs = run_layers(world.job, world.instance, bar_layers(names, world.symbols))
    assert all(run.success for run in runs)
    return names


def test_one_symbol_alone_equals_the_bulk_run(world: World, fresh_world: World) -> None:
    """Features, labels and quality of one ``snapshot|symbol`` have the bytes of the run over all symbols."""
    clean, symbol = world.snapshot(CLEAN_AT), world.symbols[3]
    cell = key_of(snapshot=clean, symbol=symbol)
    for key in (keys.QUALITY, keys.labels("tiny"), *(keys.features(name) for name in TINY["features"])):
        result = fresh_world.materialize(key, cell)
        assert result.success, failures(result)
    for family in TINY["features"]:
        bulk = world.warehouse.features.read(clean, family, [symbol])
        alone = fresh_world.warehouse.features.read(clean, family, [symbol])
        assert alone.names == bulk.names
        assert alone.ts.tobytes() == bulk.ts.tobytes()
        assert alone.values.tobytes() == bulk.values.tobytes()
        assert set(fresh_world.warehouse.features.fingerprints(clean, family)) == {symbol}
    bulk_labels = world.warehouse.labels.read(clean, "tiny", [symbol])
    for name, column in fresh_world.warehouse.labels.read(clean, "tiny", [symbol]).items():
        assert np.asarray(column).tobytes() == np.asarray(bulk_labels[name]).tobytes(), name
    reports = [item.warehouse.reports.latest(symbol_kind(symbol), clean) for item in (world, fresh_world)]
    assert reports[0].content_hash == reports[1].content_hash


def test_quality_of_one_symbol_is_judged_against_the_whole_market(fresh_world: World) -> None:
    """A feed that ended early is seen as such when its symbol is materialized alone, as in the bulk run."""
    (symbol, _) = _add_symbols_ending_early(fresh_world)
    snapshot_id = fresh_world.cut(LATE)
    cell = key_of(snapshot=snapshot_id, symbol=symbol)
    assert fresh_world.materialize(keys.QUALITY, cell).success
    alone = fresh_world.warehouse.reports.latest(symbol_kind(symbol), snapshot_id)
    assert fresh_world.run(snapshot_id, until="symbols")[-1].success
    bulk = fresh_world.warehouse.reports.latest(symbol_kind(symbol), snapshot_id)
    assert alone.payload == bulk.payload
    assert any(not rule["passed"] for rule in alone.payload["rules"])


def _add_symbols_ending_early(world: World) -> list[str]:
    early = {**OTHER, "years": 2.0}
    names = register(world.instance, world.warehouse, early, None)
    runs = run_layers(world.job, world.instance, bar_layers(names, world.symbols))
    assert all(run.success for run in runs)
    return names


def test_a_new_symbol_is_backfilled_alone(fresh_world: World) -> None:
    """A symbol registered today: its bars, a new snapshot, and one cell of features, without touching the others."""
    name, _ = _add_symbols(fresh_world)
    snapshot_id = fresh_world.cut(LATE)
    result = fresh_world.materialize(keys.features("technical"), key_of(snapshot=snapshot_id, symbol=name))
    assert result.success, failures(result)
    assert set(fresh_world.warehouse.features.fingerprints(snapshot_id, "technical")) == {name}
    assert fresh_world.instance.get_materialized_partitions(keys.features("technical")) == {
        key_of(snapshot=snapshot_id, symbol=name)
    }


@pytest.mark.parametrize("key", [keys.QUALITY, keys.features("technical"), keys.labels("tiny")], ids=str)
def test_a_symbol_that_is_not_in_the_snapshot_is_refused(fresh_world: World, key) -> None:
    """The failure names the snapshot, the stranger and the way out; nothing is stored."""
    name, _ = _add_symbols(fresh_world)
    clean = fresh_world.snapshot(CLEAN_AT)
    result = fresh_world.materialize(key, key_of(snapshot=clean, symbol=name))
    assert not result.success
    (text,) = failures(result)
    assert text.startswith(f"snapshot {clean} does not hold {name}; choose symbols of the snapshot (8)")
    assert fresh_world.warehouse.features.fingerprints(clean, "technical") == {}


def test_a_range_over_a_gap_takes_only_the_members(fresh_world: World) -> None:
    """Symbols registered in between that a snapshot does not hold split its run into unbroken stretches."""
    _add_symbols(fresh_world)
    wanted = [fresh_world.symbols[0], fresh_world.symbols[2], fresh_world.symbols[3], fresh_world.symbols[-1]]
    snapshot_id = fresh_world.cut(LATE, wanted)
    runs = fresh_world.run(snapshot_id, until="symbols")
    assert [(run.layer.name, run.success, run.failures) for run in runs] == [
        ("snapshot", True, ()),
        ("symbols", True, ()),
        ("symbols", True, ()),
        ("symbols", True, ()),
    ]
    assert set(fresh_world.warehouse.features.fingerprints(snapshot_id, "technical")) == set(wanted)


def test_a_retired_symbol_keeps_its_past_and_joins_no_new_snapshot(world: World) -> None:
    """A tombstone: old snapshots read as before, new ones are cut without it, its name is never registered again."""
    clean, name = world.snapshot(CLEAN_AT), world.symbols[2]
    world.warehouse.symbols.retire(name, "delisted")
    later = world.cut(LATE)
    assert name not in world.warehouse.snapshots.get(later).symbols
    assert len(world.warehouse.snapshots.get(later).symbols) == 7
    result = world.materialize(keys.features("volatility"), key_of(snapshot=clean, symbol=name))
    assert result.success, failures(result)
    refused = world.materialize(keys.features("volatility"), key_of(snapshot=later, symbol=name))
    assert f"does not hold {name}" in failures(refused)[0]
    assert world.run(later, until="symbols")[-1].success
    again = world.execute_job("register_symbols", {"source": SOURCE, "symbols": []})
    assert "retired symbols are never used again" in failures(again)[0]
    assert name in world.symbols


def test_a_snapshot_that_was_never_cut_is_refused(fresh_world: World) -> None:
    """A partition somebody added by hand names no snapshot: the failure says to cut one."""
    fresh_world.instance.add_dynamic_partitions("snapshot", ["20180101-0123456789ab"])
    result = fresh_world.materialize(keys.SNAPSHOT, "20180101-0123456789ab")
    assert "is not a snapshot of this warehouse; cut one first" in failures(result)[0]


def test_bars_changed_behind_a_snapshot_are_seen(fresh_world: World) -> None:
    """A back-dated row changes what was known at the snapshot's date: both hashes are named, nothing is computed."""
    clean = fresh_world.snapshot(CLEAN_AT)
    bars = fresh_world.warehouse.bars.as_of(CLEAN_AT, [fresh_world.symbols[0]]).tail(1)
    slipped = bars.with_columns(known_at=pl.col("ts").dt.offset_by("1m"), volume=pl.col("volume") + 1)
    fresh_world.warehouse.bars.append(slipped, CLEAN_AT)
    result = fresh_world.materialize(keys.SNAPSHOT, clean)
    assert "changed behind the snapshot" in failures(result)[0]
