"""Feature rows: byte-equal round trips, one transaction a write, tampering noticed."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import numpy as np
import psycopg
import pytest

from market_assets.core.errors import BadInputError, IntegrityError
from market_assets.core.identity import hash_arrays
from market_assets.stores import feature_chunks, features
from market_assets.stores.database import Database
from market_assets.stores.feature_chunks import Chunked, ContentHash, micros_of
from market_assets.stores.features import FeatureFrame, FeatureStore
from market_assets.stores.recent import Recent
from market_assets_tests.stores.samples import times

pytestmark = pytest.mark.services
NAMES = tuple(f"f{number}" for number in range(7))
OLD, NEW = "a" * 64, "b" * 64


@pytest.fixture(autouse=True)
def nothing_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is taken from memory, so that what is read is what the database holds."""
    monkeypatch.setattr(features, "_KEPT", Recent(keep=0))


def named(*parts: object) -> str:
    """A key."""
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def blocks(symbols: list[str], n: int = 40, seed: int = 0) -> dict[str, Chunked]:
    """Random blocks of three chunks with a warm-up of NaN, and the odd bit patterns of floats."""
    rng = np.random.default_rng(seed)
    made = {}
    for index, symbol in enumerate(symbols):
        values = rng.normal(size=(n + index, len(NAMES)))
        values[:5] = np.nan
        values[6, :3] = (-0.0, 5e-324, -1.7976931348623157e308)
        keys = tuple(named(symbol, n, seed, part) for part in range(3))
        made[symbol] = Chunked(None, keys, (10, 15, n + index - 25), times(n + index), values)
    return made


def test_a_round_trip_is_byte_equal_and_sorted(database: Database):
    """NaN, minus zero and denormals included; symbols come back by name, whatever the order asked for."""
    store = FeatureStore(database)
    given = blocks(["MSFT", "AAPL", "^GSPC", "BRK.B"])
    hashes = store.write("s1", "technical", "1", NAMES, OLD, given)
    frame = store.read("s1", "technical", ["^GSPC", "MSFT", "AAPL", "BRK.B"])
    assert frame.symbols == ("AAPL", "BRK.B", "MSFT", "^GSPC") == tuple(sorted(hashes))
    assert frame.names == NAMES
    for symbol, item in given.items():
        ts, values = frame.block(symbol)
        assert values.tobytes() == item.values.tobytes()
        np.testing.assert_array_equal(ts, item.ts)
    part = store.read("s1", "technical", ["MSFT"])
    assert part.values.tobytes() == given["MSFT"].values.tobytes()
    assert store.read("s1", "technical", []).values.shape == (0, 0)


def test_a_stored_fingerprint_is_left_alone_and_another_one_is_replaced(database: Database):
    """Writing again does nothing; only blocks with a new fingerprint are rebuilt."""
    store = FeatureStore(database)
    store.write("s1", "technical", "1", NAMES, OLD, blocks(["A", "B"]))
    row_ids = "SELECT symbol, min(xmin::text) AS x FROM feature_row GROUP BY symbol ORDER BY symbol"
    before = database.frame(row_ids).rows()
    store.write("s1", "technical", "1", NAMES, OLD, blocks(["A", "B"]))
    assert database.frame(row_ids).rows() == before
    fresh = blocks(["A", "B", "C"], n=30, seed=1)
    store.write("s1", "technical", "1", NAMES, {"A": OLD, "B": NEW, "C": NEW}, fresh)
    assert store.fingerprints("s1", "technical") == {"A": OLD, "B": NEW, "C": NEW}
    frame = store.read("s1", "technical", ["A", "B", "C"])
    assert frame.block("B")[1].tobytes() == fresh["B"].values.tobytes()
    assert len(frame.block("A")[0]) == 40
    assert database.frame(row_ids).rows()[0] == before[0]
    assert store.fingerprints("s1", "regime") == {}


def test_missing_blocks_and_mixed_versions_are_refused(database: Database):
    """A reader never gets half of what it asked for, nor columns of two versions."""
    store = FeatureStore(database)
    store.write("s1", "technical", "1", NAMES, OLD, blocks(["A"]))
    with pytest.raises(BadInputError) as caught:
        store.read("s1", "technical", ["A", "B"])
    assert caught.value.rule == "missing_block"
    store.write("s1", "technical", "2", NAMES, NEW, blocks(["B"]))
    with pytest.raises(IntegrityError, match="mix versions"):
        store.read("s1", "technical", ["A", "B"])


def test_what_cannot_be_a_feature_is_refused_and_nothing_is_stored(database: Database):
    """Infinity, a wrong shape, a bad name: the transaction leaves nothing."""
    store = FeatureStore(database)
    infinite = blocks(["A"])
    infinite["A"].values[9, 2] = np.inf
    with pytest.raises(ValueError, match="f2 is infinite"):
        store.write("s1", "technical", "1", NAMES, OLD, infinite)
    with pytest.raises(ValueError, match="shape"):
        store.write("s1", "technical", "1", NAMES[:3], OLD, blocks(["A"]))
    twice = blocks(["A", "B"])
    twice["B"] = replace(twice["B"], ts=np.repeat(times(1), 41))
    with pytest.raises(psycopg.errors.UniqueViolation):
        store.write("s1", "technical", "1", NAMES, OLD, twice)
    with pytest.raises(BadInputError, match="symbol_allow_list"):
        store.write("s1", "technical", "1", NAMES, OLD, {"../x": blocks(["A"])["A"]})
    assert database.frame("SELECT count(*) AS n FROM feature_row").item() == 0
    with pytest.raises(psycopg.errors.CheckViolation), database.transaction() as connection:
        connection.execute("INSERT INTO feature_row VALUES (1, 'A', now(), '{1,Infinity}')")


def test_rows_changed_in_the_database_are_noticed(database: Database, owner_url: str):
    """One changed value, one lost row: both fail the content hash; other symbols stay readable."""
    store = FeatureStore(database)
    store.write("s1", "technical", "1", NAMES, OLD, blocks(["A", "B", "C"]))
    with psycopg.connect(owner_url) as connection:
        connection.execute("UPDATE feature_row SET values[3] = 0.5 WHERE symbol = 'A' AND ts = '2019-01-10 21:00Z'")
    with database.transaction() as connection:
        connection.execute("DELETE FROM feature_row WHERE symbol = 'B' AND ts = '2019-01-10 21:00Z'")
    for symbol in "AB":
        with pytest.raises(IntegrityError, match=f"rows of {symbol} .technical. do not match"):
            store.read("s1", "technical", [symbol, "C"])
    store.read("s1", "technical", ["C"])


def test_verify_after_write_notices_lost_rows(database: Database, monkeypatch):
    """Planted bug: a writer that believes it wrote more than it did is stopped before the commit."""
    whole = feature_chunks.verify

    def wrong(connection, table, expected):
        whole(connection, table, {chunk: rows + 1 for chunk, rows in expected.items()})

    monkeypatch.setattr(feature_chunks, "verify", wrong)
    with pytest.raises(IntegrityError, match="wrote 11 rows, found 10"):
        FeatureStore(database).write("s1", "technical", "1", NAMES, OLD, blocks(["A"]))
    assert FeatureStore(database).fingerprints("s1", "technical") == {}


def same(first: FeatureFrame, second: FeatureFrame) -> bool:
    """Byte equality of two frames."""
    plain = (first.names, first.symbols) == (second.names, second.symbols)
    arrays = ("offsets", "ts", "values")
    return plain and all(getattr(first, one).tobytes() == getattr(second, one).tobytes() for one in arrays)


def test_what_was_written_here_need_not_be_read(database: Database, monkeypatch: pytest.MonkeyPatch):
    """The kept frame is byte for byte what the database gives, whatever became of the arrays that were written."""
    monkeypatch.setattr(features, "_KEPT", Recent(keep=2))
    store, given = FeatureStore(database), blocks(["B", "A"])
    store.write("s1", "technical", "1", NAMES, OLD, given)
    for item in given.values():
        item.values[:] = 7.0
    kept = store.read("s1", "technical", ["A", "B"])
    assert kept is store.read("s1", "technical", ["B", "A"])
    assert not kept.values.flags.writeable
    monkeypatch.setattr(features, "_KEPT", Recent(keep=0))
    assert same(kept, store.read("s1", "technical", ["A", "B"]))


def test_kept_rows_are_those_of_the_stored_hashes(database: Database, monkeypatch: pytest.MonkeyPatch):
    """Other rows under the same symbols, or fewer symbols, are read from the database."""
    monkeypatch.setattr(features, "_KEPT", Recent(keep=1))
    store = FeatureStore(database)
    store.write("s1", "technical", "1", NAMES, OLD, blocks(["A", "B"]))
    first = store.read("s1", "technical", ["A", "B"])
    store.write("s1", "technical", "1", NAMES, NEW, blocks(["A"], seed=5))
    changed = store.read("s1", "technical", ["A", "B"])
    assert not same(changed, first)
    assert np.array_equal(changed.block("B")[1], first.block("B")[1], equal_nan=True)


def test_a_large_frame_is_not_kept(database: Database, monkeypatch: pytest.MonkeyPatch):
    """Memory is for the frames of an ordinary universe."""
    recent = Recent(keep=2)
    monkeypatch.setattr(features, "_KEPT", recent)
    monkeypatch.setattr(features, "_KEPT_BYTES", 1000)
    FeatureStore(database).write("s1", "technical", "1", NAMES, OLD, blocks(["A"]))
    assert recent.kept == ()


def test_the_content_hash_is_that_of_the_arrays():
    """Hashed in pieces or at once."""
    (item,) = blocks(["A"]).values()
    micros = micros_of(item.ts)
    arrays = {"names": np.array(NAMES, dtype=str), "ts": micros, "values": item.values}
    assert ContentHash(NAMES)(micros, item.values) == hash_arrays(arrays)
