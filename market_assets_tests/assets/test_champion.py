"""What may follow a champion."""

from datetime import UTC, datetime

from market_assets_tests.worlds import World


def test_older_data_never_replaces_a_newer_champion(world: World) -> None:
    """A snapshot of fewer bars passes every gate, but its champion is refused: only a rollback goes back."""
    present = world.governance.registry().champion("tiny")
    older = world.cut(datetime(2017, 4, 28, tzinfo=UTC))
    last = world.run(older)[-1]
    assert last.layer.name == "champion"
    assert not last.success
    assert "Only a rollback replaces a champion by an earlier one" in str(last.failures)
    assert world.governance.registry().champion("tiny") == present
