"""Chunks of feature rows: stored once for all blocks that hold them, and gone with the last."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

from market_assets.core.errors import IntegrityError
from market_assets.stores import features
from market_assets.stores.chunk_lookup import known_chunks
from market_assets.stores.chunk_sweep import Unheld
from market_assets.stores.chunk_table import Place
from market_assets.stores.database import Database
from market_assets.stores.feature_chunks import CHUNKS, Chunked
from market_assets.stores.features import TABLE, FeatureStore
from market_assets.stores.recent import Recent
from market_assets_tests.stores.samples import times

pytestmark = pytest.mark.services
NAMES = ("f0", "f1")
FIRST, SECOND, NEXT = "a" * 64, "b" * 64, "c" * 64


@pytest.fixture(autouse=True)
def nothing_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is read is what the database holds."""
    monkeypatch.setattr(features, "_KEPT", Recent(keep=0))


def chunked(symbol: str, sizes: tuple[int, ...], stored: int = 0) -> Chunked:
    """The rows of a symbol in chunks of ``sizes``; the first ``stored`` ones count as stored."""
    rows = np.random.default_rng(len(symbol)).normal(size=(sum(sizes), len(NAMES)))
    keys = tuple(hashlib.sha256(f"{symbol} {number}".encode()).hexdigest() for number in range(len(sizes)))
    skip = sum(sizes[:stored])
    after = Place(stored, keys[stored - 1]) if stored else None
    return Chunked(after, keys[stored:], sizes[stored:], times(sum(sizes))[skip:], rows[skip:])


def counts(database: Database) -> tuple[int, int]:
    """Chunks and rows in the database."""
    query = "SELECT (SELECT count(*) FROM feature_chunk) AS chunks, (SELECT count(*) FROM feature_row) AS rows"
    return database.frame(query).row(0)


def test_a_chunk_is_stored_once(database: Database):
    """The second snapshot names the chunks of the first and adds its own; both read whole."""
    store = FeatureStore(database)
    store.write("s1", "regime", "1", NAMES, FIRST, {"A": chunked("A", (20, 20, 5)), "B": chunked("B", (20, 5))})
    assert counts(database) == (5, 70)
    longer = {"A": chunked("A", (20, 20, 5, 7), stored=3), "B": chunked("B", (20, 5, 9), stored=1)}
    hashes = store.write("s2", "regime", "1", NAMES, SECOND, longer)
    assert counts(database) == (7, 86)
    for symbol, sizes in (("A", (20, 20, 5, 7)), ("B", (20, 5, 9))):
        ts, values = store.read("s2", "regime", [symbol]).block(symbol)
        whole = chunked(symbol, sizes)
        assert values.tobytes() == whole.values.tobytes()
        np.testing.assert_array_equal(ts, whole.ts)
    assert store.read("s1", "regime", ["A", "B"]).values.shape == (70, 2)
    whole = {symbol: chunked(symbol, sizes) for symbol, sizes in (("A", (20, 20, 5, 7)), ("B", (20, 5, 9)))}
    assert store.write("s3", "regime", "1", NAMES, SECOND, whole) == hashes
    assert counts(database) == (7, 86)


def test_a_chunk_that_counts_as_stored_must_be_there(database: Database):
    """Rows that nobody gave cannot be stood in for; nothing is stored."""
    with pytest.raises(IntegrityError, match="is not stored; run again"):
        FeatureStore(database).write("s1", "regime", "1", NAMES, FIRST, {"A": chunked("A", (20, 5), stored=1)})
    assert counts(database) == (0, 0)


def test_a_block_that_is_replaced_gives_its_chunks_to_the_new_one(database: Database):
    """What counts as stored is looked up before the old block goes, though nobody else holds it."""
    store = FeatureStore(database)
    store.write("s1", "regime", "1", NAMES, FIRST, {"A": chunked("A", (20, 5))})
    store.write("s1", "regime", "1", NAMES, SECOND, {"A": chunked("A", (20, 5, 9), stored=1)})
    assert counts(database) == (3, 34)
    assert store.read("s1", "regime", ["A"]).values.tobytes() == chunked("A", (20, 5, 9)).values.tobytes()


def test_a_beginning_with_a_hole_is_noticed(database: Database):
    """A chunk taken out of the ledger: a block that stands on the rest says so when it is read."""
    store = FeatureStore(database)
    store.write("s1", "regime", "1", NAMES, FIRST, {"A": chunked("A", (20, 5, 9))})
    with database.transaction() as connection:
        connection.execute("DELETE FROM feature_chunk WHERE rows = 20")
    store.write("s2", "regime", "1", NAMES, FIRST, {"A": chunked("A", (20, 5, 9, 7), stored=3)})
    with pytest.raises(IntegrityError, match="do not match their content hash"):
        store.read("s2", "regime", ["A"])


@pytest.mark.parametrize("gone", [(), (0,), (1,), (2,), (0, 2), (0, 1, 2)])
def test_chunks_that_are_there_are_used_wherever_they_stand(database: Database, gone: tuple[int, ...]):
    """Chunks of a block that was deleted, some of them lost since: the others are not written again."""
    store, item = FeatureStore(database), chunked("A", (20, 5, 9))
    hashes = store.write("s1", "regime", "1", NAMES, FIRST, {"A": item})
    with database.transaction() as connection:
        connection.execute("DELETE FROM feature_block")
        chunks = connection.execute(
            "DELETE FROM feature_chunk WHERE key = ANY(%s) RETURNING chunk", ([item.keys[place] for place in gone],)
        ).fetchall()
        connection.execute("DELETE FROM feature_row WHERE chunk = ANY(%s)", ([chunk for (chunk,) in chunks],))
    assert store.write("s2", "regime", "1", NAMES, FIRST, {"A": item}) == hashes
    assert counts(database) == (3, 34)
    assert store.read("s2", "regime", ["A"]).values.tobytes() == item.values.tobytes()


def test_what_no_block_holds_is_deleted(database: Database):
    """A replaced block leaves the chunks that another snapshot holds."""
    store = FeatureStore(database)
    store.write("s1", "regime", "1", NAMES, FIRST, {"A": chunked("A", (20, 5))})
    store.write("s2", "regime", "1", NAMES, FIRST, {"A": chunked("A", (20, 5, 9), stored=1)})
    assert counts(database) == (3, 34)
    other = replace(chunked("A", (34,)), keys=(NEXT,))
    store.write("s2", "regime", "2", NAMES, NEXT, {"A": other})
    assert counts(database) == (3, 25 + 34)
    assert store.read("s1", "regime", ["A"]).values.tobytes() == chunked("A", (20, 5)).values.tobytes()
    assert store.read("s2", "regime", ["A"]).values.tobytes() == other.values.tobytes()


def test_the_sweep_deletes_what_no_block_holds(database: Database):
    """A block deleted by hand leaves its chunks; the sweep takes them, of every family, and nothing else."""
    store = FeatureStore(database)
    store.write("s1", "regime", "1", NAMES, FIRST, {"A": chunked("A", (20, 5))})
    store.write("s2", "regime", "1", NAMES, FIRST, {"A": chunked("A", (20, 5, 9), stored=1)})
    store.write("s2", "technical", "1", NAMES, FIRST, {"A": chunked("A", (8,))})
    assert store.unheld() == store.sweep() == Unheld()
    with database.transaction() as connection:
        connection.execute("DELETE FROM feature_block WHERE snapshot_id = 's2'")
    assert store.unheld() == Unheld(chunks=2, rows=17)
    assert store.sweep() == Unheld(chunks=2, rows=17)
    assert counts(database) == (2, 25)
    assert store.unheld() == store.sweep() == Unheld()
    assert store.read("s1", "regime", ["A"]).values.tobytes() == chunked("A", (20, 5)).values.tobytes()


def test_the_sweep_waits_for_a_writer(database: Database):
    """A block that is being written names chunks that no other holds by now: the sweep leaves them."""
    store, item = FeatureStore(database), chunked("A", (20, 5))
    store.write("s1", "regime", "1", NAMES, FIRST, {"A": item})
    waiting = (
        "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted "
        "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    )
    with ThreadPoolExecutor(1) as pool:
        with database.transaction() as writer:
            TABLE.lock(writer, "regime")
            assert set(known_chunks(writer, CHUNKS, "regime", [("A", key) for key in item.keys])) == set(item.keys)
            writer.execute(
                "INSERT INTO feature_block "
                "(snapshot_id, family, symbol, version, names, fingerprint, rows, content_hash, chunks) "
                "SELECT 's2', family, symbol, version, names, fingerprint, rows, content_hash, chunks "
                "FROM feature_block"
            )
            with database.transaction() as other:
                other.execute("DELETE FROM feature_block")
            swept = pool.submit(store.sweep)
            while not database.frame(waiting).item():
                assert not swept.done(), "the sweep did not wait"
        assert swept.result() == Unheld()
    assert store.read("s2", "regime", ["A"]).values.tobytes() == item.values.tobytes()


def test_a_chunk_taken_out_of_the_ledger_is_noticed(database: Database):
    """A block that names fewer chunks than it was written with does not match its hash."""
    store = FeatureStore(database)
    store.write("s1", "regime", "1", NAMES, FIRST, {"A": chunked("A", (20, 5))})
    with database.transaction() as connection:
        connection.execute("DELETE FROM feature_chunk WHERE rows = 5")
    with pytest.raises(IntegrityError, match="do not match their content hash"):
        store.read("s1", "regime", ["A"])
