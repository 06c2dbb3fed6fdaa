"""Feature rows of earlier releases: every migration leaves them as they were."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator

import numpy as np
import psycopg
import pytest

from market_assets.core.identity import hash_arrays
from market_assets.services.embedded import Services
from market_assets.stores import features
from market_assets.stores.chunk_table import Place
from market_assets.stores.database import Database
from market_assets.stores.feature_chunks import Chunked, ContentHash, micros_of
from market_assets.stores.features import FeatureStore
from market_assets.stores.migrate import migrate, migrations
from market_assets.stores.recent import Recent
from market_assets_tests.databases import with_name
from market_assets_tests.stores.samples import times

pytestmark = pytest.mark.services
NAMES = ("f0", "f1")
FIRST, SECOND = "a" * 64, "b" * 64
CHUNKS, BEGINNINGS = "0110_feature_chunks.sql", "0112_feature_beginnings.sql"


@pytest.fixture(autouse=True)
def nothing_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is read is what the database holds."""
    monkeypatch.setattr(features, "_KEPT", Recent(keep=0))


@pytest.fixture
def before(services: Services) -> Iterator[Callable[[str], str]]:
    """Make the database of before a migration; its URL with the owner's role."""
    url = with_name(services.endpoints().owner_url, "of_before")
    with psycopg.connect(services.postgres.superuser_url, autocommit=True) as connection:
        connection.execute("CREATE DATABASE of_before OWNER market_assets_owner")

        def made(name: str) -> str:
            migrate(url, [one for one in migrations() if one.name < name])
            return url

        yield made
        connection.execute("DROP DATABASE of_before WITH (FORCE)")


@pytest.fixture
def store(services: Services) -> FeatureStore:
    """The same database with the role of the application."""
    return FeatureStore(Database(with_name(services.endpoints().database_url, "of_before")))


def chunked(symbol: str, sizes: tuple[int, ...]) -> Chunked:
    """The rows of a symbol in chunks of ``sizes``."""
    rows = np.random.default_rng(len(symbol)).normal(size=(sum(sizes), len(NAMES)))
    keys = tuple(hashlib.sha256(f"{symbol} {number}".encode()).hexdigest() for number in range(len(sizes)))
    return Chunked(None, keys, sizes, times(sum(sizes)), rows)


def test_blocks_of_before_chunks(before: Callable[[str], str], store: FeatureStore):
    """Each becomes one chunk, shared where two snapshots had the same; a block without rows stays one."""
    url = before(CHUNKS)
    given = {symbol: chunked(symbol, (30,)) for symbol in ("A", "BB")}
    with psycopg.connect(url) as connection:
        for snapshot, symbol, fingerprint in (("s1", "A", FIRST), ("s1", "BB", FIRST), ("s2", "A", SECOND)):
            item = given[symbol]
            arrays = {"names": np.array(NAMES, dtype=str), "ts": micros_of(item.ts), "values": item.values}
            block = (snapshot, "regime", symbol, "1", list(NAMES), fingerprint, 30, hash_arrays(arrays))
            connection.execute("INSERT INTO feature_block VALUES (%s, %s, %s, %s, %s, %s, %s, %s)", block)
            for ts, values in zip(item.ts.tolist(), item.values.tolist(), strict=True):
                row = (snapshot, "regime", symbol, f"{ts}Z", values)
                connection.execute("INSERT INTO feature VALUES (%s, %s, %s, %s, %s)", row)
        empty = ("s1", "regime", "C", "1", list(NAMES), FIRST, 0, FIRST)
        connection.execute("INSERT INTO feature_block VALUES (%s, %s, %s, %s, %s, %s, %s, %s)", empty)
    assert {CHUNKS, BEGINNINGS} <= set(migrate(url))
    for snapshot, symbols in (("s1", ("A", "BB")), ("s2", ("A",))):
        for symbol in symbols:
            ts, values = store.read(snapshot, "regime", [symbol]).block(symbol)
            assert values.tobytes() == given[symbol].values.tobytes()
            np.testing.assert_array_equal(ts, given[symbol].ts)
    assert store.read("s1", "regime", ["A", "C"]).values.shape == (30, 2)
    assert store.fingerprints("s2", "regime") == {"A": SECOND}


def test_chunks_of_before_beginnings(before: Callable[[str], str], store: FeatureStore):
    """Snapshots that share chunks, and a chunk that none holds: read as before, and a month more takes them over."""
    url = before(BEGINNINGS)
    sizes = {"A": (20, 5, 9, 7), "BB": (20, 5, 3, 1)}
    given = {symbol: chunked(symbol, some) for symbol, some in sizes.items()}
    with psycopg.connect(url) as connection:
        numbers: dict[str, list[tuple[int, str]]] = {}
        for symbol, item in given.items():
            for key, part in item.parts():
                digest = ContentHash(NAMES)(micros_of(item.ts)[part], item.values[part])
                first, last = item.ts[part][[0, -1]]
                query = (
                    "INSERT INTO feature_chunk (family, symbol, key, first_ts, last_ts, rows, content_hash) "
                    "VALUES ('regime', %s, %s, %s, %s, %s, %s) RETURNING chunk"
                )
                values = (symbol, key, f"{first}Z", f"{last}Z", part.stop - part.start, digest)
                chunk = connection.execute(query, values).fetchall()[0][0]
                numbers.setdefault(symbol, []).append((chunk, digest))
                for ts, row in zip(item.ts[part].tolist(), item.values[part].tolist(), strict=True):
                    line = (chunk, symbol, f"{ts}Z", row)
                    connection.execute("INSERT INTO feature_row VALUES (%s, %s, %s, %s)", line)
        for snapshot, symbol, count in (("s1", "A", 2), ("s2", "A", 3), ("s1", "BB", 3), ("s1", "C", 0)):
            held = numbers.get(symbol, [])[:count]
            digest = hashlib.sha256("".join(one for _, one in held).encode()).hexdigest()
            rows = sum(sizes.get(symbol, ())[:count])
            block = (snapshot, symbol, list(NAMES), FIRST, rows, digest, [chunk for chunk, _ in held])
            connection.execute(
                "INSERT INTO feature_block "
                "(snapshot_id, symbol, names, fingerprint, rows, content_hash, chunks, family, version) "
                "VALUES (%s, %s, %s, %s, %s, %s, %s, 'regime', '1')",
                block,
            )
    assert BEGINNINGS in migrate(url)
    for snapshot, symbol, count in (("s1", "A", 25), ("s2", "A", 34), ("s1", "BB", 28)):
        assert store.read(snapshot, "regime", [symbol]).values.tobytes() == given[symbol].values[:count].tobytes()
    assert store.read("s1", "regime", ["C"]).values.shape == (0, 2)
    rows = "SELECT count(*) FROM feature_row"
    assert store.database.frame(rows).item() == 34 + 28  # what no block held is gone
    item = given["A"]
    month = Chunked(Place(3, item.keys[2]), item.keys[3:], item.sizes[3:], item.ts[34:], item.values[34:])
    store.write("s3", "regime", "1", NAMES, FIRST, {"A": month})
    assert store.read("s3", "regime", ["A"]).values.tobytes() == item.values.tobytes()
    assert store.database.frame(rows).item() == 34 + 28 + 7
