"""Label rows: byte-equal round trips with undefined labels, replaced by fingerprint, tampering noticed."""

from __future__ import annotations

import numpy as np
import psycopg
import pytest

from market_assets.core.errors import BadInputError, IntegrityError
from market_assets.core.labels.triple_barrier import COLUMNS as CORE_COLUMNS
from market_assets.stores.database import Database
from market_assets.stores.label_chunks import COLUMNS
from market_assets.stores.labels import LabelStore
from market_assets_tests.stores.samples import times

pytestmark = pytest.mark.services
OLD, NEW = "a" * 64, "b" * 64


def block(n: int, seed: int) -> tuple:
    """Random labels of which the first and some others are not defined."""
    rng = np.random.default_rng(seed)
    defined = rng.random(n) < 0.8
    defined[0] = False
    columns = {
        "defined": defined,
        "label": np.where(defined, rng.integers(-1, 2, n), 0).astype(np.int8),
        "ret": np.where(defined, rng.normal(size=n), np.nan),
        "end_ts": times(n) + np.timedelta64(3, "D"),
        "barrier": np.where(defined, rng.integers(-1, 2, n), 0).astype(np.int8),
    }
    return times(n), columns


def test_the_store_keeps_what_the_core_says_a_label_is():
    """Names and dtypes agree with the core."""
    assert COLUMNS == CORE_COLUMNS


def test_a_round_trip_is_byte_equal_and_sorted(database: Database):
    """Every column comes back with its dtype, undefined rows included, by symbol and time."""
    store = LabelStore(database)
    given = {symbol: block(30 + index, index) for index, symbol in enumerate(["MSFT", "AAPL", "^VIX"])}
    store.write("s1", "direction_daily", OLD, given)
    found = store.read("s1", "direction_daily", list(given))
    expected = [given[symbol] for symbol in sorted(given)]
    np.testing.assert_array_equal(found["ts"], np.concatenate([ts for ts, _ in expected]))
    for name, dtype in COLUMNS.items():
        whole = np.concatenate([columns[name] for _, columns in expected])
        assert found[name].dtype == np.dtype(dtype)
        assert found[name].tobytes() == whole.astype(dtype).tobytes(), name


def test_fingerprints_decide_what_is_written(database: Database):
    """Stored blocks stay, blocks with another fingerprint are replaced, absent ones are named."""
    store = LabelStore(database)
    store.write("s1", "x", OLD, {"A": block(20, 0), "B": block(20, 1)})
    store.write("s1", "x", {"A": OLD, "B": NEW}, {"A": block(25, 2), "B": block(25, 3)})
    assert store.fingerprints("s1", "x") == {"A": OLD, "B": NEW}
    assert len(store.read("s1", "x", ["A"])["ts"]) == 20
    assert len(store.read("s1", "x", ["B"])["ts"]) == 25
    with pytest.raises(BadInputError, match="missing_block"):
        store.read("s1", "y", ["A"])


def test_changed_rows_are_noticed(database: Database, owner_url: str):
    """A flipped label does not pass the content hash."""
    store = LabelStore(database)
    store.write("s1", "x", OLD, {"A": block(20, 0)})
    with psycopg.connect(owner_url) as connection:
        connection.execute("UPDATE label_row SET label = 1 - label WHERE ts = (SELECT max(ts) FROM label_row)")
    with pytest.raises(IntegrityError, match=r"rows of A .x. do not match"):
        store.read("s1", "x", ["A"])


def test_direct_sql_cannot_store_a_label_that_is_not_a_number(database: Database):
    """The CHECKs hold for everybody."""
    with database.transaction() as connection:
        for values in ("1, 'NaN', now(), 0", "1, NULL, now(), 0", "1, 0, 'infinity', 0", "1, 0, '1999-01-01Z', 0"):
            with pytest.raises(psycopg.errors.CheckViolation), connection.transaction():
                connection.execute(f"INSERT INTO label_row VALUES (1, 'A', '2015-01-02Z', true, {values})")  # type: ignore[arg-type]
