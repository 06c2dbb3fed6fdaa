"""Two writers promote at the same time: history replay, and the registry without its constraint as planted bug."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import psycopg
import pytest

from market_assets.governance import registry as registry_module
from market_assets.governance.champions import PromotionConflict, insert_step, violations
from market_assets.governance.registry import Registry
from market_assets.stores.database import Database
from market_assets_tests.governance.samples import AT, GATE, sample_manifest

pytestmark = pytest.mark.services
ROUNDS = 100
SLOT = "direction_daily"
CONTENDERS = 2


@pytest.fixture
def meeting(monkeypatch) -> None:
    """The worst moment: every contender has read the champion and checked it before any of them writes."""
    barrier = Barrier(CONTENDERS, timeout=60)

    def together(*arguments, **named):
        barrier.wait()
        return insert_step(*arguments, **named)

    monkeypatch.setattr(registry_module, "insert_step", together)


def versions_of(registry: Registry, contender: int) -> list[str]:
    """Two promotable versions of one contender."""
    names = []
    for side in "xy":
        manifest = sample_manifest(f"{contender}{side}")
        registry.register(manifest)
        registry.decide(SLOT, manifest.snapshot_id, manifest.model_version, True, [], GATE, AT)
        names.append(manifest.model_version)
    return names


def race(database: Database) -> tuple[int, int]:
    """Let the contenders promote versions of their own in each round; returns wins and conflicts."""
    registries = [Registry(database) for _ in range(CONTENDERS)]
    versions = [versions_of(registries[0], contender) for contender in range(CONTENDERS)]
    wins = conflicts = 0
    with ThreadPoolExecutor(CONTENDERS) as pool:
        for round_ in range(ROUNDS):
            champion = registries[0].champion(SLOT)
            expected = champion.model_version if champion else None
            promotions = [
                pool.submit(registries[contender].promote, SLOT, versions[contender][round_ % 2], expected, AT)
                for contender in range(CONTENDERS)
            ]
            for promotion in promotions:
                try:
                    promotion.result()
                    wins += 1
                except PromotionConflict:
                    conflicts += 1
    return wins, conflicts


def test_one_winner_a_step_and_a_true_history(database, meeting):
    """100 rounds of two promotions: one winner and one typed conflict each, no violation when replayed."""
    assert race(database) == (ROUNDS, ROUNDS)
    steps = Registry(database).history(SLOT)
    assert len(steps) == ROUNDS
    assert violations(steps) == []


def test_planted_bug_without_the_constraint_the_replay_shows_violations(database, owner_url, meeting):
    """The same race over a history table without keys: everybody wins, one champion stands, the history is false."""
    with psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute("CREATE SCHEMA broken")
        connection.execute("CREATE TABLE broken.champion_history AS SELECT * FROM champion_history")
        connection.execute("GRANT USAGE ON SCHEMA broken TO market_assets_app")
        connection.execute("GRANT SELECT, INSERT ON broken.champion_history TO market_assets_app")
    separator = "&" if "?" in database.url else "?"
    broken = Database(f"{database.url}{separator}options=-csearch_path%3Dbroken,public")
    assert race(broken) == (2 * ROUNDS, 0)
    assert Registry(broken).champion(SLOT) is not None
    assert len(violations(Registry(broken).history(SLOT))) >= ROUNDS
