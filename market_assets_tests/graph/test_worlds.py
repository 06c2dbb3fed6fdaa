"""The small worlds themselves: what every other test of the graph stands on."""

from market_assets_tests.worlds import CLEAN_AT, NULL_AT, SPOILT_AT, World, champion_traces


def test_the_clean_snapshot_alone_has_a_champion(done_world: World) -> None:
    """One layered run a snapshot: the sound one is promoted, the spoilt and the null one leave no trace."""
    assert len(champion_traces(done_world, done_world.snapshot(CLEAN_AT))) == 4
    assert champion_traces(done_world, done_world.snapshot(SPOILT_AT)) == []
    assert champion_traces(done_world, done_world.snapshot(NULL_AT)) == []
