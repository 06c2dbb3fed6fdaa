"""Side series: append-only, bitemporal, idempotent, numbered in the order of commit."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread

import numpy as np
import polars as pl
import psycopg
import pytest

from market_assets.core.errors import BadInputError
from market_assets.core.market.side import EVERYONE, LOADED_SCHEMA
from market_assets.stores.bars import AppendResult
from market_assets.stores.database import Database
from market_assets.stores.side import SideStore
from market_assets_tests.stores.samples import FIRST, NOW

pytestmark = pytest.mark.services
DAY = timedelta(days=1)
ALL = 10**9


def figures(series: str, symbol: str, values: list[float], **times: datetime) -> pl.DataFrame:
    """Daily figures, due six hours later; ``known_at`` declared for all where it is given."""
    rows = [
        (series, symbol, FIRST + day * DAY, times.get("known_at"), value, FIRST + day * DAY + timedelta(hours=6))
        for day, value in enumerate(values)
    ]
    return pl.DataFrame(rows, schema=LOADED_SCHEMA, orient="row")


def read(store: SideStore, at: datetime = NOW, symbols: tuple[str, ...] = ("AAPL",), last_row: int = ALL) -> list:
    """Rows as tuples, or none."""
    found = store.as_of(at, symbols, last_row)
    return [] if found is None else found.to_frame().sort("series", "symbol", "ts", "known_at").rows()


def test_first_load_then_the_same_again(database: Database) -> None:
    """A figure without known_at is known when it was due; loading it again changes nothing."""
    store = SideStore(database)
    frame = pl.concat([figures("vix", EVERYONE, [20.0, 21.0]), figures("funding_rate", "AAPL", [0.1, 0.2, 0.3])])
    assert store.append(frame, NOW, rehearse=True) == AppendResult(5, 0, 0)
    assert (store.last_row(), store.counts()) == (0, {})
    assert store.append(frame, NOW) == AppendResult(5, 0, 0)
    assert store.append(frame.reverse(), NOW + DAY) == AppendResult(0, 5, 0)
    assert store.counts() == {"vix": 2, "funding_rate": 3}
    expected = frame.with_columns(known_at="due", due=pl.lit(None)).cast(LOADED_SCHEMA)
    assert read(store) == expected.sort("series", "symbol", "ts").rows()
    assert store.append(frame.clear(), NOW) == AppendResult(0, 0, 0)


def test_a_revision_is_known_when_it_was_learned(database: Database) -> None:
    """Another value for a figure is a row of its own; earlier reads do not see it, later ones see both versions."""
    store = SideStore(database)
    store.append(figures("vix", EVERYONE, [20.0, 21.0]), NOW)
    revised = figures("vix", EVERYONE, [20.0, 22.0])
    assert store.append(revised, NOW + DAY) == AppendResult(inserted=0, unchanged=1, revised=1)
    assert [row[4] for row in read(store, NOW)] == [20.0, 21.0]
    assert [(row[4], row[3]) for row in read(store, NOW + DAY)][1:] == [
        (21.0, FIRST + DAY + timedelta(hours=6)),
        (22.0, NOW + DAY),
    ]
    with pytest.raises(BadInputError) as caught:
        store.append(figures("vix", EVERYONE, [23.0]), FIRST + timedelta(hours=6))
    assert caught.value.rule == "side_revision_order"


def test_as_of_equals_the_plain_definition(database: Database) -> None:
    """Random versions: a read holds what was about and known by the time, of the symbols and of the market."""
    rng = np.random.Generator(np.random.PCG64(5))
    store, rows = SideStore(database), set()
    for _ in range(300):
        ts = FIRST + int(rng.integers(0, 40)) * DAY
        known = ts + float(rng.integers(0, 30)) * DAY
        rows.add((str(rng.choice(["a", "b"])), str(rng.choice(["", "AAPL", "MSFT"])), ts, known))
    given = [(*row, float(rng.random()), None) for row in sorted(rows)]
    store.append(pl.DataFrame(given, schema=LOADED_SCHEMA, orient="row"), NOW)
    for day in (0, 7, 33, 80):
        at = FIRST + day * DAY
        wanted = [row for row in given if row[1] in ("", "MSFT") and row[2] <= at and row[3] <= at]
        assert read(store, at, ("MSFT",)) == sorted(wanted)


def test_what_is_loaded_later_is_behind_the_last_row(database: Database) -> None:
    """A history loaded afterwards is not in a read that ends at an earlier row, though it was known long before."""
    store = SideStore(database)
    store.append(figures("vix", EVERYONE, [20.0]), NOW)
    last = store.last_row()
    store.append(figures("vvix", EVERYONE, [90.0, 91.0]), NOW)
    assert [row[0] for row in read(store, last_row=last)] == ["vix"]
    assert [row[0] for row in read(store, last_row=store.last_row())] == ["vix", "vvix", "vvix"]
    assert read(store, last_row=0) == []


def test_concurrent_appends_are_numbered_in_the_order_of_commit(database: Database) -> None:
    """Writers wait for each other: whoever sees a row sees all rows with smaller numbers."""
    store, gate, seen = SideStore(database), Barrier(5), []

    def write(number: int) -> None:
        gate.wait()
        for batch in range(4):
            store.append(figures(f"s{number}.{batch}", EVERYONE, [1.0] * 20), NOW)

    def watch() -> None:
        gate.wait()
        while sum(store.counts().values()) < 4 * 4 * 20:
            last = store.last_row()
            found = store.as_of(NOW, (), last)
            seen.append((last, 0 if found is None else found.n_rows))

    threads = [Thread(target=write, args=(number,)) for number in range(4)] + [Thread(target=watch)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert store.last_row() == 320
    assert all(last == rows for last, rows in seen)


BAD = [
    ({"value": float("nan")}, "side_value"),
    ({"value": float("inf")}, "side_value"),
    ({"value": None}, "side_value"),
    ({"ts": None}, "side_known_at"),
    ({"due": None}, "side_known_at"),
    ({"due": FIRST - timedelta(seconds=1)}, "side_known_at"),
    ({"due": NOW + timedelta(seconds=1)}, "side_known_at"),
    ({"known_at": NOW + timedelta(seconds=1)}, "side_known_at"),
    ({"series": "../x"}, "name_allow_list"),
    ({"series": None}, "name_allow_list"),
    ({"symbol": "'; drop table side"}, "symbol_allow_list"),
    ({"symbol": None}, "symbol_allow_list"),
]


@pytest.mark.parametrize(("change", "rule"), BAD, ids=[f"{next(iter(c))}-{r}-{n}" for n, (c, r) in enumerate(BAD)])
def test_what_cannot_be_refuses_the_batch(database: Database, change: dict, rule: str) -> None:
    """One bad row among good ones: a typed error, and nothing is stored."""
    store = SideStore(database)
    good = figures("vix", EVERYONE, [20.0, 21.0])
    columns = {name: pl.lit(value).cast(LOADED_SCHEMA[name]) for name, value in change.items()}
    bad = figures("vvix", EVERYONE, [90.0]).with_columns(**columns)
    with pytest.raises(BadInputError) as caught:
        store.append(pl.concat([good, bad]), NOW)
    assert caught.value.rule == rule
    assert store.counts() == {}


def test_two_values_for_one_figure_are_refused(database: Database) -> None:
    """In one batch, and against what is stored under the same known_at."""
    store = SideStore(database)
    one = figures("vix", EVERYONE, [20.0], known_at=FIRST + DAY)
    other = one.with_columns(value=pl.lit(21.0))
    store.append(one, NOW)
    for batch, rule in ((pl.concat([one, other]), "side_duplicate"), (other, "side_conflict")):
        with pytest.raises(BadInputError) as caught:
            store.append(batch, NOW)
        assert caught.value.rule == rule
    assert store.counts() == {"vix": 1}


def test_rows_cannot_be_changed_or_removed(database: Database) -> None:
    """The table is append-only for the application role and beyond."""
    SideStore(database).append(figures("vix", EVERYONE, [20.0]), NOW)
    for statement in ("UPDATE side SET value = 1", "DELETE FROM side", "TRUNCATE side"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege), database.transaction() as connection:
            connection.execute(statement)


def test_a_sealed_range_is_hidden(database: Database) -> None:
    """What is about a sealed holdout, or was learned in it, is neither read nor added by the training role."""
    store = SideStore(database)
    store.append(figures("vix", EVERYONE, [20.0, 21.0, 22.0]), NOW)
    with database.transaction() as connection:
        seal = "INSERT INTO holdout_seal (name, from_ts, until_ts) VALUES ('h', %s, %s)"
        connection.execute(seal, (FIRST + DAY, FIRST + DAY + timedelta(hours=7)))
    assert [row[4] for row in read(store)] == [20.0, 22.0]
    late = figures("vvix", EVERYONE, [90.0]).with_columns(due=pl.lit(FIRST + DAY))
    for batch in (figures("vvix", EVERYONE, [90.0, 91.0]), late):
        with pytest.raises(BadInputError) as caught:
            store.append(batch, NOW)
        assert caught.value.rule == "side_sealed"


def test_sources_have_versions(database: Database) -> None:
    """The newest source of a series counts; the same again is no new version."""
    store = SideStore(database)
    store.register(["vix", "vvix"], {"kind": "side", "path": "a.csv"})
    store.register(["vix"], {"kind": "side", "path": "a.csv"})
    store.register(["vix"], {"kind": "side", "path": "b.csv"})
    assert {name: source["path"] for name, source in store.sources().items()} == {"vix": "b.csv", "vvix": "a.csv"}
    with database.transaction() as connection:
        assert connection.execute("SELECT series, version FROM side_source ORDER BY 1, 2").fetchall() == [
            ("vix", 1),
            ("vix", 2),
            ("vvix", 1),
        ]
    with pytest.raises(BadInputError, match="name_allow_list"):
        store.register(["VIX"], {"kind": "side"})
    assert datetime.now(UTC) > NOW
