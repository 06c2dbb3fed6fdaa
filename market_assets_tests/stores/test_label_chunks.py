"""Months of labels: stored once for all snapshots that have them, and moved over from the rows of earlier releases."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import psycopg
import pytest

from market_assets.core.errors import IntegrityError
from market_assets.core.identity import hash_arrays
from market_assets.services.embedded import Services
from market_assets.stores import labels
from market_assets.stores.chunk_sweep import Unheld
from market_assets.stores.chunk_table import block_hash
from market_assets.stores.database import Database
from market_assets.stores.label_chunks import COLUMNS, Block, Months, bytes_of
from market_assets.stores.labels import LabelStore
from market_assets.stores.migrate import migrate, migrations
from market_assets_tests.databases import with_name
from market_assets_tests.stores.samples import times

OLD, NEW, NEXT = "a" * 64, "b" * 64, "c" * 64
SPAN = 5
needs_services = pytest.mark.services


def block(n: int, seed: int, revised: int | None = None) -> Block:
    """Labels over ``SPAN`` rows: the last ones are not defined yet; row ``revised`` has another return."""
    rng = np.random.default_rng(seed)
    ret, label, barrier = rng.normal(size=400), rng.integers(-1, 2, 400), rng.integers(-1, 2, 400)
    if revised is not None:
        ret[revised] += 1.0
    defined = np.arange(n) < n - SPAN
    return times(n), {
        "defined": defined,
        "label": np.where(defined, label[:n], 0).astype(np.int8),
        "ret": np.where(defined, ret[:n], np.nan),
        "end_ts": times(n) + np.timedelta64(SPAN, "D"),
        "barrier": np.where(defined, barrier[:n], 0).astype(np.int8),
    }


def counts(database: Database) -> tuple[int, int]:
    """Chunks and rows in the database."""
    query = "SELECT (SELECT count(*) FROM label_chunk) AS chunks, (SELECT count(*) FROM label_row) AS rows"
    return database.frame(query).row(0)


def same(store: LabelStore, snapshot: str, symbol: str, given: Block) -> bool:
    """Whether the store gives these bytes."""
    found = store.read(snapshot, "x", [symbol])
    equal = [found[name].tobytes() == given[1][name].astype(dtype).tobytes() for name, dtype in COLUMNS.items()]
    return all(equal) and found["ts"].tobytes() == given[0].tobytes()


@pytest.mark.parametrize("n", [0, 1, 3, 4, 40, 100])
def test_months_are_hashed_as_arrays_are(n: int):
    """The plain definition of every chunk's hash and key, also of a NaN with other bits."""
    ts, columns = block(n, 1)
    ret = columns["ret"].copy()
    ret.view(np.int64)[np.isnan(ret)] |= 7
    months = Months.of(ts, {**columns, "ret": ret})
    assert sum(entry.rows for entry in months.entries) == n
    until = ""
    for entry, part in zip(months.entries, months.parts, strict=True):
        assert len(np.unique(ts[part].astype("datetime64[M]"))) == 1
        arrays = {name: columns[name][part].astype(dtype) for name, dtype in COLUMNS.items()}
        plain = {**arrays, "end_ts": arrays["end_ts"].astype(np.int64), "ts": ts[part].astype(np.int64)}
        assert entry.content_hash == hash_arrays(plain)
        until = block_hash([entry.content_hash], until)
        assert entry.key == until
    assert months.content_hash == block_hash([entry.content_hash for entry in months.entries])
    assert list(bytes_of(ts, columns)) == sorted([*COLUMNS, "ts"])


@needs_services
def test_a_month_more_writes_that_month(database: Database):
    """All but the months whose labels had not ended is there; both snapshots read as they were written."""
    store = LabelStore(database)
    short = {symbol: block(100, seed) for seed, symbol in enumerate("AB")}
    long = {symbol: block(125, seed) for seed, symbol in enumerate("AB")}
    store.write("s1", "x", OLD, short)
    chunks, rows = counts(database)
    assert rows == 200
    store.write("s2", "x", NEW, long)
    opened = [part for part in Months.of(*long["A"]).parts if part.stop > 100 - SPAN]
    written = 125 - opened[0].start
    assert counts(database) == (chunks + 2 * len(opened), 200 + 2 * written)
    assert written < 60
    for symbol in "AB":
        assert same(store, "s1", symbol, short[symbol])
        assert same(store, "s2", symbol, long[symbol])
    store.write("s3", "x", NEW, long)
    assert counts(database) == (chunks + 2 * len(opened), 200 + 2 * written)


@needs_services
def test_a_revision_writes_its_month_and_all_after(database: Database):
    """A month stands for all before it, so what follows a revised label is another month."""
    store, revised = LabelStore(database), block(100, 0, revised=50)
    store.write("s1", "x", OLD, {"A": block(100, 0)})
    store.write("s2", "x", NEW, {"A": revised})
    first = next(part.start for part in Months.of(*revised).parts if part.stop > 50)
    assert counts(database)[1] == 100 + 100 - first
    assert same(store, "s1", "A", block(100, 0))
    assert same(store, "s2", "A", revised)


@needs_services
def test_experiments_share_nothing(database: Database):
    """Labels of one rule are not those of another, whatever they say."""
    store = LabelStore(database)
    store.write("s1", "x", OLD, {"A": block(40, 0)})
    store.write("s1", "y", OLD, {"A": block(40, 0)})
    assert counts(database)[1] == 80


@needs_services
def test_replaced_and_deleted_blocks_leave_what_others_hold(database: Database):
    """What nobody holds goes with a replaced block, and with a sweep after a deleted one."""
    store = LabelStore(database)
    store.write("s1", "x", OLD, {"A": block(40, 0)})
    store.write("s2", "x", OLD, {"A": block(100, 0)})
    both = counts(database)[1]
    store.write("s2", "x", NEXT, {"A": block(100, 7)})
    assert counts(database)[1] == 40 + 100 < both + 100
    assert store.unheld() == store.sweep() == Unheld()
    with database.transaction() as connection:
        connection.execute("DELETE FROM label_block WHERE snapshot_id = 's2'")
    assert store.unheld().rows == 100
    store.write("s4", "x", OLD, {"A": block(100, 7)})  # taken up again
    assert counts(database)[1] == 140
    assert same(store, "s4", "A", block(100, 7))
    with database.transaction() as connection:
        connection.execute("DELETE FROM label_block WHERE snapshot_id = 's4'")
    assert store.sweep().rows == 100
    assert counts(database)[1] == 40
    assert same(store, "s1", "A", block(40, 0))


@needs_services
def test_a_chunk_taken_out_of_the_ledger_is_noticed(database: Database):
    """A block that names fewer chunks than it was written with does not match its hash."""
    store = LabelStore(database)
    store.write("s1", "x", OLD, {"A": block(100, 0)})
    with database.transaction() as connection:
        connection.execute("DELETE FROM label_chunk WHERE first_ts = (SELECT min(first_ts) FROM label_chunk)")
    with pytest.raises(IntegrityError, match="do not match their content hash"):
        store.read("s1", "x", ["A"])


@needs_services
def test_verify_after_write_notices_lost_rows(database: Database, monkeypatch: pytest.MonkeyPatch):
    """Planted bug: a writer that believes it wrote more than it did is stopped before the commit."""
    whole = labels.verify

    def wrong(connection, table, expected):
        whole(connection, table, {chunk: rows + 1 for chunk, rows in expected.items()})

    monkeypatch.setattr(labels, "verify", wrong)
    with pytest.raises(IntegrityError, match=r"label chunk .* wrote 5 rows, found 4"):
        LabelStore(database).write("s1", "x", OLD, {"A": block(100, 0)})
    assert LabelStore(database).fingerprints("s1", "x") == {}
    assert counts(database) == (0, 0)


@pytest.fixture
def old_owner_url(services: Services) -> Iterator[str]:
    """A database of before the months, with its owner's role."""
    url = with_name(services.endpoints().owner_url, "before_months")
    with psycopg.connect(services.postgres.superuser_url, autocommit=True) as connection:
        connection.execute("CREATE DATABASE before_months OWNER market_assets_owner")
        migrate(url, [one for one in migrations() if one.name < "0113"])
        yield url
        connection.execute("DROP DATABASE before_months WITH (FORCE)")


@needs_services
def test_labels_of_before_read_as_before(old_owner_url: str, services: Services):
    """Each block becomes one chunk, shared where two snapshots had the same; a block without rows stays one."""
    given = {"A": block(60, 0), "B": block(33, 1)}
    with psycopg.connect(old_owner_url) as connection:
        for snapshot, symbol in (("s1", "A"), ("s1", "B"), ("s2", "A")):
            ts, columns = given[symbol]
            digest = hash_arrays({**columns, "end_ts": columns["end_ts"].astype(np.int64), "ts": ts.astype(np.int64)})
            connection.execute(
                "INSERT INTO label_block VALUES (%s, %s, %s, %s, %s, %s)", (snapshot, "x", symbol, OLD, len(ts), digest)
            )
            for i, time in enumerate(ts.tolist()):
                ret = float(columns["ret"][i])
                values = (bool(columns["defined"][i]), int(columns["label"][i]), None if np.isnan(ret) else ret)
                end, barrier = f"{columns['end_ts'][i]}Z", int(columns["barrier"][i])
                row = (snapshot, "x", symbol, f"{time}Z", *values, end, barrier)
                connection.execute("INSERT INTO label VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)", row)
        connection.execute("INSERT INTO label_block VALUES ('s1', 'x', 'C', %s, 0, %s)", (OLD, OLD))
    assert "0113_label_chunks.sql" in migrate(old_owner_url)
    store = LabelStore(Database(with_name(services.endpoints().database_url, "before_months")))
    assert counts(store.database) == (2, 93)
    assert all(same(store, *place, given[place[1]]) for place in (("s1", "A"), ("s2", "A"), ("s1", "B")))
    assert len(store.read("s1", "x", ["A", "C"])["ts"]) == 60
    assert store.fingerprints("s1", "x") == {"A": OLD, "B": OLD, "C": OLD}
    store.write("s3", "x", NEW, {"A": block(80, 0)})
    assert same(store, "s3", "A", block(80, 0))
