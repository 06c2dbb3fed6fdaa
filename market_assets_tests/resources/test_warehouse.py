"""Warehouse, artifacts and clock as Dagster resources."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import pytest

from market_assets.resources.artifacts import Artifacts
from market_assets.resources.clock import Clock
from market_assets.resources.warehouse import Warehouse
from market_assets.stores.symbols import RegisteredSymbol
from market_assets_tests.stores.samples import NOW, bars


@pytest.mark.services
def test_an_asset_reaches_every_store_through_its_resources(database, tmp_path: Path):
    """One materialization writes and reads through all of them."""

    @dg.asset
    def everything(warehouse: Warehouse, artifacts: Artifacts, clock: Clock) -> dg.MaterializeResult:
        warehouse.symbols.register([RegisteredSymbol("AAPL")])
        warehouse.bars.append(bars(["AAPL"], 2), clock.now())
        digest = artifacts.store.put(b"x", ".bin")
        warehouse.reports.put("test", "s1", "", {"artifact": digest})
        empty = (warehouse.snapshots.list(), warehouse.features.fingerprints("s1", "f"))
        empty += (warehouse.labels.fingerprints("s1", "x"), warehouse.fits.list("s1", "x"))
        assert not any(empty)
        assert warehouse.cooldowns.try_acquire("x", 1, clock.now())
        return dg.MaterializeResult(metadata={"rows": warehouse.bars.as_of(clock.now()).height})

    resources = {
        "warehouse": Warehouse(database_url=database.url),
        "artifacts": Artifacts(root=str(tmp_path)),
        "clock": Clock(fixed=NOW.isoformat()),
    }
    with dg.DagsterInstance.ephemeral() as instance:
        result = dg.materialize([everything], resources=resources, instance=instance)
    assert result.asset_materializations_for_node("everything")[0].metadata["rows"].value == 2


def test_the_clock_is_utc_and_can_stand_still():
    """Without a fixed time it runs; with one it is converted to UTC."""
    assert Clock().now().tzinfo is UTC
    assert Clock(fixed="2024-06-01T12:00:00+02:00").now() == datetime(2024, 6, 1, 10, tzinfo=UTC)
