"""A world whose instance the daemon's code can work with."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from market_assets.services.embedded import Services
from market_assets_tests.worlds import World, open_world


@pytest.fixture
def daemon_world(services: Services, cut_world: World, tmp_path: Path) -> Iterator[World]:
    """A copy of ``cut_world`` with an instance on disk."""
    with open_world(services, tmp_path / "home", template=cut_world, persistent=True) as world:
        yield world
