"""Binary COPY: what numpy holds is what PostgreSQL stores, bit for bit."""

from __future__ import annotations

import numpy as np
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from market_assets.stores.copy import array_bytes, copy_rows, rows
from market_assets.stores.database import Database

pytestmark = pytest.mark.services
SPECIAL = [0.0, -0.0, np.nan, 5e-324, -1.7976931348623157e308, 1e-300, 0.1]


def test_every_column_type_arrives(database: Database):
    """Text, NULL, numbers, booleans, times and arrays of several blocks, in one COPY."""
    ts = np.array(["1970-01-01T00:00:00.000001", "2099-12-31T23:59:59.999999"], "datetime64[us]")
    matrix = np.array([SPECIAL, SPECIAL[::-1]])
    arrays = (np.array([1.5, np.nan]), *(np.array([-1, 7], kind) for kind in (np.int16, np.int32, np.int64)))
    first = ["Aé", None, *arrays, np.array([True, False]), ts, matrix]
    second = ["", "x", *arrays, np.array([True, False]), ts, matrix[:, :2].copy()]
    names = ("a", "n", "f", "h", "i", "l", "b", "t", "m")
    with database.transaction() as connection:
        connection.execute(
            "CREATE TEMPORARY TABLE kinds (k serial, a text, n text, f float8, h int2, i int4, l int8, b bool, "
            "t timestamptz, m float8[])"
        )
        copy_rows(connection, "kinds", names, [(2, first), (0, first), (2, second)])
        found = connection.execute(f"SELECT {', '.join(names)} FROM kinds ORDER BY k").fetchall()  # type: ignore[arg-type]
    assert [row[:2] for row in found] == [("Aé", None), ("Aé", None), ("", "x"), ("", "x")]
    assert [row[3:7] for row in found] == [(-1, -1, -1, True), (7, 7, 7, False)] * 2
    assert [np.datetime64(row[7].replace(tzinfo=None), "us") for row in found[:2]] == list(ts)
    assert np.array([row[2] for row in found[:2]]).tobytes() == np.array([1.5, np.nan]).tobytes()
    assert np.array([row[8] for row in found[:2]]).tobytes() == matrix.tobytes()
    assert len(found[3][8]) == 2


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.floats(width=64), max_size=20), st.lists(st.integers(-(2**31), 2**31 - 1), max_size=20))
def test_arrays_are_bound_parameters(database: Database, floats: list[float], integers: list[int]):
    """Any float64 or int32 array survives the way there and back."""
    with database.transaction() as connection:
        sent = (np.array(floats, np.float64), np.array(integers, np.int32))
        row = connection.execute("SELECT %s::float8[], %s::int4[]", sent).fetchone()
    assert row is not None
    np.testing.assert_array_equal(np.array(row[0], np.float64), sent[0])
    assert row[1] == integers


def test_what_has_no_binary_form_is_refused():
    """Wrong types, wrong lengths and NaT are errors here, not in the server."""
    with pytest.raises(ValueError, match="no binary form"):
        rows(1, [np.array(["x"])])
    with pytest.raises(ValueError, match="2 entries in a block of 1"):
        rows(1, [np.zeros(2)])
    with pytest.raises(ValueError, match="NaT"):
        rows(1, [np.array(["NaT"], "datetime64[us]")])
    with pytest.raises(ValueError, match="no binary form"):
        array_bytes(np.zeros((2, 2)))


def test_a_truncated_copy_stores_nothing(database: Database):
    """An error in the middle of a COPY rolls all of it back."""
    with database.transaction() as connection:
        connection.execute("CREATE TEMPORARY TABLE one (x float8)")
        blocks = [(1, [np.zeros(1)]), (1, ["text where a number belongs"])]
        with pytest.raises(psycopg.errors.InvalidBinaryRepresentation), connection.transaction():
            copy_rows(connection, "one", ("x",), blocks)
        assert connection.execute("SELECT count(*) FROM one").fetchone() == (0,)
