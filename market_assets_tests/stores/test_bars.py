"""Bars: append-only, bitemporal, idempotent, and safe under concurrency."""

from __future__ import annotations

import multiprocessing
from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread

import numpy as np
import polars as pl
import psycopg
import pytest

from market_assets.core.errors import BadInputError, IntegrityError
from market_assets.core.market.panel import BAR_SCHEMA, VALUE_COLUMNS
from market_assets.stores import bars as module
from market_assets.stores.bars import AppendResult, BarStore
from market_assets.stores.database import Database
from market_assets_tests.stores.samples import FIRST, NOW, bars

pytestmark = pytest.mark.services


def oracle(versions: list[tuple], as_of: datetime) -> list[tuple]:
    """Slow plain definition: of every closed bar, the version known last at ``as_of``."""
    best: dict[tuple, tuple] = {}
    for row in versions:
        key, known_at = row[:2], row[2]
        if row[1] <= as_of and known_at <= as_of and (key not in best or best[key][2] < known_at):
            best[key] = row
    return [best[key] for key in sorted(best)]


def test_first_load_then_the_same_again(database: Database):
    """A bar without known_at is known at its close; loading it again changes nothing."""
    store = BarStore(database)
    frame = bars(["MSFT", "AAPL", "BRK.B", "^GSPC"], 10)
    assert store.append(frame, NOW) == AppendResult(inserted=40, unchanged=0, revised=0)
    assert store.append(frame.reverse(), NOW + timedelta(days=1)) == AppendResult(0, 40, 0)
    found = store.as_of(NOW)
    expected = frame.with_columns(known_at=pl.col("ts")).sort("symbol", "ts")
    assert found.schema == BAR_SCHEMA
    assert found.equals(expected)
    assert store.last_ts()["AAPL"] == FIRST + timedelta(days=9)
    assert store.append(frame.clear(), NOW) == AppendResult(0, 0, 0)


def test_a_half_existing_batch_is_completed(database: Database):
    """Half present, half new, interleaved: every row is there afterwards, once."""
    store = BarStore(database)
    frame = bars(["AAPL", "MSFT"], 50)
    store.append(frame.gather_every(2), NOW)
    assert store.append(frame, NOW) == AppendResult(inserted=50, unchanged=50, revised=0)
    assert store.as_of(NOW).select(VALUE_COLUMNS).equals(frame.sort("symbol", "ts").select(VALUE_COLUMNS))


def test_as_of_equals_brute_force_under_random_revisions(database: Database):
    """50 as-of reads, of all and of some symbols, against the plain definition."""
    rng = np.random.default_rng(7)
    store = BarStore(database)
    frame, versions = bars(["A", "B", "C"], 12), []
    learned = FIRST
    current: dict[tuple, tuple] = {}
    for round_ in range(12):
        learned = learned + timedelta(days=3)
        batch = frame.filter((pl.col("ts") <= learned) & pl.Series(rng.random(frame.height) < 0.5))
        changed = pl.Series(rng.integers(0, 2, batch.height).astype(float))
        batch = batch.with_columns(close=pl.col("close") + changed)  # comes back to old values at times
        result = store.append(batch, learned)
        counts = [0, 0, 0]
        for row in batch.rows():
            key, old = row[:2], current.get(row[:2])
            if old is None or old[3:] != row[3:]:
                counts[0 if old is None else 2] += 1
                current[key] = (*key, key[1] if old is None else learned, *row[3:])
                versions.append(current[key])
            else:
                counts[1] += 1
        assert (result.inserted, result.unchanged, result.revised) == tuple(counts), round_
    for _ in range(50):
        as_of = FIRST + timedelta(hours=int(rng.integers(-30, 24 * 45)))
        names = None if rng.random() < 0.5 else ["A", "C"]
        expected = [row for row in oracle(versions, as_of) if names is None or row[0] in names]
        assert store.as_of(as_of, names).rows() == expected, f"seed 7, as of {as_of}"


def test_declared_known_at_is_kept_and_backfilled_out_of_order(database: Database):
    """A vendor that says when it knew can deliver versions in any order, in one batch or many."""
    store = BarStore(database)
    first = bars(["A"], 3, seed=1, known_at=FIRST + timedelta(days=10))
    second = bars(["A"], 3, seed=2, known_at=FIRST + timedelta(days=20))
    assert store.append(second, NOW) == AppendResult(3, 0, 0)
    assert store.append(pl.concat([first, second]), NOW) == AppendResult(inserted=0, unchanged=3, revised=3)
    assert store.as_of(FIRST + timedelta(days=15)).equals(first)
    assert store.as_of(FIRST + timedelta(days=25)).equals(second)
    assert store.as_of(FIRST + timedelta(days=9)).is_empty()


def test_planted_bug_a_join_on_ts_only_sees_the_future():
    """The oracle tells a look-ahead read from the right one."""
    versions = [("A", FIRST, FIRST, 1.0), ("A", FIRST, FIRST + timedelta(days=9), 2.0)]
    leaking = max(row for row in versions if row[1] <= FIRST)
    assert oracle(versions, FIRST + timedelta(days=1)) != [leaking]


BAD = [
    ({"close": float("nan")}, "bar_value"),
    ({"volume": float("inf")}, "bar_value"),
    ({"open": None}, "bar_value"),
    ({"ts": None}, "bar_value"),
    ({"known_at": FIRST - timedelta(seconds=1)}, "bar_known_at"),
    ({"known_at": NOW + timedelta(seconds=1)}, "bar_known_at"),
    ({"ts": NOW + timedelta(days=1)}, "bar_known_at"),
    ({"symbol": "../x"}, "symbol_allow_list"),
    ({"symbol": "a|b"}, "symbol_allow_list"),
    ({"symbol": "'; drop table"}, "symbol_allow_list"),
    ({"symbol": None}, "symbol_allow_list"),
]


def test_bad_bars_are_refused_and_nothing_is_stored(database: Database):
    """One bad row refuses the whole batch, by rule."""
    store = BarStore(database)
    good = bars(["A", "B"], 3)
    for change, rule in BAD:
        bad = bars(["Z"], 1).with_columns(**{name: pl.lit(value, BAR_SCHEMA[name]) for name, value in change.items()})
        with pytest.raises(BadInputError) as caught:
            store.append(pl.concat([good, bad]), NOW)
        assert caught.value.rule == rule, change
    assert store.as_of(NOW).is_empty()


def test_contradictions_are_refused(database: Database):
    """Twice in a batch, another value under the same known_at, a revision from before its original, no zone."""
    store = BarStore(database)
    declared = bars(["A"], 2, known_at=NOW)
    store.append(declared, NOW)
    cases = {
        "bar_duplicate": (pl.concat([declared, declared]), NOW),
        "bar_conflict": (declared.with_columns(pl.col("close") + 1), NOW),
        "bar_revision_order": (bars(["A"], 2, seed=5), NOW),
        "bar_known_at": (declared, datetime(2024, 6, 2)),
    }
    for rule, (frame, learned) in cases.items():
        with pytest.raises(BadInputError) as caught:
            store.append(frame, learned)
        assert caught.value.rule == rule
    assert store.as_of(NOW).equals(declared)


def test_verify_after_write_notices_lost_rows(database: Database, monkeypatch):
    """Planted bug: an insert that silently drops rows is caught in its own transaction."""
    lossy = module._INSERT_RESOLVED + " AND symbol <> 'B'"
    monkeypatch.setattr(module, "_INSERT_RESOLVED", lossy)
    with pytest.raises(IntegrityError, match="6 rows written, 3 found; nothing was stored"):
        BarStore(database).append(bars(["A", "B"], 3), NOW)
    assert BarStore(database).as_of(NOW).is_empty()


def append_in_process(url: str, barrier, results) -> None:
    """Append the same 600 bars as everybody else, all released together, three times."""
    store = BarStore(Database(url))
    for _ in range(3):
        barrier.wait()
        result = store.append(bars(["A", "B", "C"], 200), NOW)
        results.put((result.inserted, result.revised))


def test_concurrent_appends_of_the_same_bars_store_each_once(database: Database):
    """Two processes and two threads at once: 0 duplicates, 0 revisions, every row inserted by exactly one."""
    context = multiprocessing.get_context("spawn")
    barrier, results = context.Barrier(2), context.Queue()
    workers = [context.Process(target=append_in_process, args=(database.url, barrier, results)) for _ in range(2)]
    for worker in workers:
        worker.start()
    outcomes = [results.get(timeout=120) for _ in range(6)]
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0, 0]
    assert sorted(outcomes) == [(0, 0)] * 5 + [(600, 0)]
    count = "SELECT count(*) AS n, count(DISTINCT (symbol, ts)) AS bars FROM bar"
    assert database.frame(count).row(0) == (600, 600)
    start, found = Barrier(2), []

    def revise() -> None:
        start.wait()
        found.append(BarStore(database).append(bars(["C", "A"], 200, seed=9), NOW + timedelta(days=1)))

    threads = [Thread(target=revise) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted((item.revised, item.unchanged) for item in found) == [(0, 400), (400, 0)]
    assert database.frame(count).row(0) == (1000, 600)


def test_the_store_works_as_the_application_role(database: Database):
    """What the tests above did, they did without the right to change a bar."""
    store = BarStore(database)
    store.append(bars(["A"], 1), NOW)
    with pytest.raises(psycopg.errors.InsufficientPrivilege), database.transaction() as connection:
        connection.execute("DELETE FROM bar")
    assert datetime.now(UTC) > NOW
    assert store.as_of(NOW).height == 1
