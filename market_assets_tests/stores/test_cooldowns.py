"""Cooldowns: of many callers one wins, and the clock cannot shorten the wait."""

from __future__ import annotations

from datetime import timedelta
from threading import Barrier, Thread

import pytest

from market_assets.core.errors import BadInputError
from market_assets.stores.cooldowns import CooldownStore
from market_assets.stores.database import Database
from market_assets_tests.stores.samples import NOW

pytestmark = pytest.mark.services
NAME = "cooldown:retrain:direction_daily"


def test_a_turn_is_taken_once_a_period(database: Database):
    """Refused until the whole period is over; a clock that jumped back waits; names do not disturb each other."""
    store = CooldownStore(database)
    steps = [(0, True), (59, False), (-3600, False), (60, True), (61, False), (120, True)]
    for seconds, expected in steps:
        assert store.try_acquire(NAME, 60, NOW + timedelta(seconds=seconds)) is expected, seconds
    assert store.acquired_at(NAME) == NOW + timedelta(seconds=120)
    assert store.try_acquire("other", 60, NOW)
    with pytest.raises(BadInputError, match="name_allow_list"):
        store.try_acquire("a:../b", 60, NOW)


def test_of_many_callers_one_wins(database: Database):
    """Eight callers, released together, ten rounds: one winner each."""
    store, barrier, wins = CooldownStore(database), Barrier(8), []

    def contend() -> None:
        for round_ in range(10):
            barrier.wait()
            if store.try_acquire(NAME, 60, NOW + timedelta(minutes=round_)):
                wins.append(round_)

    threads = [Thread(target=contend) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(wins) == list(range(10))
