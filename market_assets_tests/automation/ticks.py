"""Ticks of the daemon over one asset, and records of what stands above it."""

from __future__ import annotations

import dagster as dg

from market_assets.assets import keys
from market_assets_tests.worlds import TINY, World


class Daemon:
    """Ticks over one asset of a world, each from where the last one ended; the first tick only looks around."""

    def __init__(self, world: World, key: dg.AssetKey) -> None:
        self._world, self._key, self._cursor = world, key, None
        assert self.requested() == set()

    def requested(self) -> set[str]:
        """Partitions that this tick asks for."""
        result = dg.evaluate_automation_conditions(
            self._world.definitions,
            self._world.instance,
            asset_selection=dg.AssetSelection.assets(self._key),
            cursor=self._cursor,
        )
        self._cursor = result.cursor
        return set(result.get_requested_partitions(self._key))


def said(world: World, key: dg.AssetKey, *partitions: str) -> None:
    """Record a materialization without running the asset: what it stores is in the copied database already."""
    for partition in partitions:
        world.instance.report_runless_asset_event(dg.AssetMaterialization(key, partition=partition))


def upstream(world: World, *snapshots: str) -> None:
    """Record everything of the named snapshots that stands above the reports."""
    cells = [dg.MultiPartitionKey({"snapshot": one, "symbol": name}) for one in snapshots for name in world.symbols]
    said(world, keys.SNAPSHOT, *snapshots)
    for key in (keys.QUALITY, keys.labels("tiny"), *(keys.features(name) for name in TINY["features"])):
        said(world, key, *cells)
