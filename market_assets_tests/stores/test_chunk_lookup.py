"""How far stored blocks agree with a new one: found by few looks, the same as by looking at every chunk."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

from market_assets.core.features.chunks import Chunk
from market_assets.stores.chunk_lookup import known_chunks
from market_assets.stores.database import Database
from market_assets.stores.feature_chunks import CHUNKS, Chunked
from market_assets.stores.features import FeatureStore
from market_assets_tests.stores.samples import times

pytestmark = pytest.mark.services
NAMES = ("f0",)
LENGTHS = (1, 2, 3, 4, 7, 8, 15, 16, 21)


def months(symbol: str, count: int, changed_from: int | None = None) -> list[Chunk]:
    """One row a month; from ``changed_from`` on the rows, and so all keys, are others."""
    changed_from = count if changed_from is None else changed_from
    keys = (f"{symbol} {place} {place >= changed_from}" for place in range(count))
    return [Chunk(place, place + 1, hashlib.sha256(key.encode()).hexdigest()) for place, key in enumerate(keys)]


def block(chunks: list[Chunk]) -> Chunked:
    """A block of such months."""
    n = len(chunks)
    return Chunked(None, tuple(one.key for one in chunks), (1,) * n, times(n), np.arange(float(n))[:, None])


@pytest.fixture
def store(database: Database) -> FeatureStore:
    """Symbols with blocks of several lengths, in two snapshots."""
    store = FeatureStore(database)
    for snapshot, more in (("s1", 0), ("s2", 1)):
        given = {f"S{count}": block(months(f"S{count}", count + more)) for count in LENGTHS}
        store.write(snapshot, "regime", "1", NAMES, "a" * 64, given)
    return store


@pytest.mark.parametrize("longer", [0, 1, 2, 9])
@pytest.mark.parametrize("back", [0, 1, 2, 3, 6, 40])
def test_the_beginning_is_as_long_as_chunks_agree(store: FeatureStore, longer: int, back: int):
    """New blocks that are longer, or that differ from some month on; the plain definition counts month by month."""
    wanted = {
        f"S{count}": months(f"S{count}", count + 1 + longer, changed_from=max(count + 1 - back, 0)) for count in LENGTHS
    }
    with store.database.transaction() as connection:
        keys = [(symbol, one.key) for symbol, chunks in wanted.items() for one in chunks]
        known = known_chunks(connection, CHUNKS, "regime", keys)
    plain = {
        symbol: next((place for place, one in enumerate(chunks) if one.key not in known), len(chunks))
        for symbol, chunks in wanted.items()
    }
    assert store.leading("regime", wanted) == plain
    assert plain == {f"S{count}": max(count + 1 - back, 0) for count in LENGTHS}


def test_a_beginning_is_of_its_family_and_symbol(store: FeatureStore):
    """Another family, or the same keys under another symbol, have none of them."""
    chunks = months("S8", 9)
    assert store.leading("technical", {"S8": chunks}) == {"S8": 0}
    assert store.leading("regime", {"S7": chunks, "S8": chunks, "NEW": [], "S21": []}) == {
        "S7": 0,
        "S8": 9,
        "NEW": 0,
        "S21": 0,
    }


def test_a_chunk_that_no_block_holds_does_not_count(store: FeatureStore):
    """It may be swept at any time, and there is no block to take the chunks before it from; its rows are kept."""
    with store.database.transaction() as connection:
        connection.execute("DELETE FROM feature_block WHERE symbol = 'S8' AND snapshot_id = 's2'")
    chunks = months("S8", 9)
    assert store.leading("regime", {"S8": chunks}) == {"S8": 8}
    rows = "SELECT count(*) FROM feature_row"
    before = store.database.frame(rows).item()
    store.write("s3", "regime", "1", NAMES, "b" * 64, {"S8": block(chunks)})
    assert store.database.frame(rows).item() == before
    assert store.leading("regime", {"S8": chunks}) == {"S8": 9}


def test_a_month_costs_two_keys(store: FeatureStore):
    """However long the history is, its newest month and the one before it are all that is asked for."""
    asked: list[int] = []

    class Counting(list[Chunk]):
        def __getitem__(self, place):  # type: ignore[no-untyped-def]
            asked.append(place)
            return super().__getitem__(place)

    assert store.leading("regime", {"S21": Counting(months("S21", 23))}) == {"S21": 22}
    assert sorted(asked) == [21, 22]
