"""Cutting a snapshot: what cannot be meant is refused before anything is named."""

import pytest

from market_assets.assets.snapshot import cut_snapshot
from market_assets.automation.jobs import register
from market_assets.core.errors import BadInputError
from market_assets.resources.clock import Clock
from market_assets_tests.worlds import CLEAN_AT, SOURCE, World


def test_a_symbol_without_bars_is_refused(fresh_world: World) -> None:
    """Registered but never fetched, named for a snapshot: the error names it, and no snapshot is stored."""
    (stranger,) = register(fresh_world.instance, fresh_world.warehouse, {**SOURCE, "seed": 9, "symbols": 1}, None)
    before = fresh_world.warehouse.snapshots.list()
    wanted = [*fresh_world.symbols, stranger]
    with pytest.raises(BadInputError, match=stranger) as caught:
        cut_snapshot(fresh_world.warehouse, fresh_world.governance, Clock(), CLEAN_AT, wanted)
    assert caught.value.rule == "no_bars"
    assert fresh_world.warehouse.snapshots.list() == before
