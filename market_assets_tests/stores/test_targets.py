"""Target rows: byte-equal round trips of classes and quantities, replaced by fingerprint, tampering noticed."""

from __future__ import annotations

import numpy as np
import psycopg
import pytest

from market_assets.core.errors import BadInputError, IntegrityError
from market_assets.core.labels.target import Target
from market_assets.stores.database import Database
from market_assets.stores.targets import TargetStore, part_of
from market_assets_tests.stores.samples import times

pytestmark = pytest.mark.services
OLD, NEW = "a" * 64, "b" * 64


def block(n: int, seed: int) -> Target:
    """Random quantities of which the first and some others are not defined."""
    rng = np.random.default_rng(seed)
    defined = rng.random(n) < 0.8
    defined[0] = False
    value = np.where(defined, rng.normal(size=n), np.nan)
    value[1:3], defined[1:3] = (-0.0, 5e-324), True
    return Target(defined, value, times(n), times(n) + np.timedelta64(3, "D"))


def prints(names, value=OLD):
    """One fingerprint for all."""
    return dict.fromkeys(names, value)


def test_a_round_trip_is_byte_equal_and_sorted(database: Database):
    """Values, missing ones included, and both ends of the interval come back by symbol and time."""
    store = TargetStore(database)
    given = {symbol: block(30 + index, index) for index, symbol in enumerate(["MSFT", "AAPL", "^VIX"])}
    store.write("s1", "direction_daily.next_day", prints(given), given)
    found = store.read("s1", "direction_daily.next_day", list(given))
    for name in ("defined", "value", "t0", "t1"):
        whole = np.concatenate([getattr(given[symbol], name) for symbol in sorted(given)])
        assert getattr(found, name).tobytes() == whole.tobytes(), name


def test_fingerprints_decide_what_is_written(database: Database):
    """Stored blocks stay, blocks with another fingerprint are replaced, absent ones and other targets are named."""
    store = TargetStore(database)
    store.write("s1", "x.a", prints("AB"), {"A": block(20, 0), "B": block(20, 1)})
    store.write("s1", "x.a", {"A": OLD, "B": NEW}, {"A": block(25, 2), "B": block(25, 3)})
    assert store.fingerprints("s1", "x.a") == {"A": OLD, "B": NEW}
    assert len(store.read("s1", "x.a", ["A"]).value) == 20
    assert len(store.read("s1", "x.a", ["B"]).value) == 25
    with pytest.raises(BadInputError, match="missing_block"):
        store.read("s1", "x.b", ["A"])


def test_changed_rows_are_noticed(database: Database, owner_url: str):
    """Neither a moved value nor a moved end of an interval passes the content hash."""
    store = TargetStore(database)
    for name, change in (("x.a", "value = value + 1"), ("x.b", "end_ts = end_ts + interval '1 day'")):
        store.write("s1", name, prints("A"), {"A": block(20, 0)})
        with psycopg.connect(owner_url) as connection:
            newest = "SELECT max(ts) FROM target WHERE value IS NOT NULL"
            connection.execute(f"UPDATE target SET {change} WHERE target = '{name}' AND ts = ({newest})")  # type: ignore[arg-type]
        with pytest.raises(IntegrityError, match=f"rows of A .{name}. do not match"):
            store.read("s1", name, ["A"])


def test_direct_sql_cannot_store_what_is_no_number(database: Database):
    """The CHECKs hold for everybody: no NaN, no infinity, no interval that ends before it begins."""
    with database.transaction() as connection:
        for values in ("'NaN', now()", "'infinity', now()", "0, '1999-01-01Z'", "0, 'infinity'"):
            with pytest.raises(psycopg.errors.CheckViolation), connection.transaction():
                connection.execute(f"INSERT INTO target VALUES ('s', 'x.a', 'A', '2015-01-02Z', {values})")  # type: ignore[arg-type]


def test_a_part_keeps_its_rows():
    """A stretch of rows of every array."""
    whole = block(10, 4)
    assert part_of(whole, slice(2, 5)).value.tobytes() == whole.value[2:5].tobytes()
