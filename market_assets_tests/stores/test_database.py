"""Database: frames with bound parameters, one state a reading, and a server that goes away."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from market_assets.core.errors import ServiceUnavailableError
from market_assets.services.embedded import Services
from market_assets.settings import Settings
from market_assets.stores.database import Database, bind

pytestmark = pytest.mark.services


def test_parameters_are_bound_with_their_types(database: Database):
    """Text, numbers, times and lists, empty ones too; SQL in a parameter stays text."""
    at = datetime(2015, 1, 2, 21, 0, 0, 1, UTC)
    hostile = "'; DROP TABLE bar; --"
    query = (
        "SELECT $1::text AS a, $2::int8 AS b, $3::float8 AS c, $4::timestamptz AS d, $5::text[] AS e, $6::text[] AS f"
    )
    row = database.frame(query, (hostile, 3, 0.1, at, ["x", hostile], [])).row(0)
    assert row == (hostile, 3, 0.1, at, ["x", hostile], [])
    assert database.frame("SELECT count(*) AS n FROM bar").item() == 0
    with pytest.raises(ValueError, match="without zone"):
        bind((datetime(2015, 1, 2),))


def test_a_reading_sees_one_state(database: Database):
    """Two frames of one reading agree, whatever is committed in between; and a reading cannot write."""
    count = "SELECT count(*) AS n FROM cooldown"
    with database.reading() as frame:
        before = frame(count).item()
        with database.transaction() as connection:
            connection.execute("INSERT INTO cooldown VALUES ('x', now())")
        assert frame(count).item() == before == 0
    assert database.frame(count).item() == 1


def test_an_error_rolls_back(database: Database):
    """Nothing of a failed block is stored."""

    def fail() -> None:
        with database.transaction() as connection:
            connection.execute("INSERT INTO cooldown VALUES ('x', now())")
            raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        fail()
    assert database.frame("SELECT count(*) AS n FROM cooldown").item() == 0


def test_times_come_back_in_utc_whatever_the_server_says(database: Database):
    """The zone is set by us, and other options of the URL are kept."""
    url = database.url + "?options=-c%20search_path%3Dpg_catalog%20-c%20timezone%3DAsia/Tokyo"
    with Database(url).transaction() as connection:
        row = connection.execute("SELECT current_setting('timezone'), current_setting('search_path')").fetchone()
    assert row == ("UTC", "pg_catalog")


def test_a_server_that_dies_in_a_transaction_is_named_and_nothing_is_stored():
    """SIGKILL of the server: a typed error now, and an intact database after the crash start."""
    folder = Path(tempfile.mkdtemp(prefix="market_assets_kill_"))
    folder.chmod(0o755)
    services = Services(Settings(home=folder / "state", redis_url="none"))
    try:
        database = Database(services.start().owner_url)
        with database.transaction() as connection:
            connection.execute("CREATE TABLE kept (x int)")
        pid = services.postgres.pid()
        assert pid is not None

        def write() -> None:
            with database.transaction() as connection:
                connection.execute("INSERT INTO kept VALUES (1)")
                os.kill(pid, signal.SIGKILL)
                while True:  # until the backend notices that its server is gone
                    connection.execute("SELECT 1")

        with pytest.raises(ServiceUnavailableError, match="as role market_assets_owner"):
            write()
        services.start()
        assert database.frame("SELECT count(*) AS n FROM kept").item() == 0
    finally:
        services.stop()
        shutil.rmtree(folder)


def test_a_reading_connection_is_kept(database: Database):
    """Two readings in a row are one server process; another address gets its own, and the old one is closed."""
    pid = "SELECT pg_backend_pid() AS pid"
    first = database.frame(pid).item()
    assert database.frame(pid).item() == first
    other = Database(database.url + ("&" if "?" in database.url else "?") + "application_name=other")
    assert other.frame(pid).item() != first
    assert database.frame(f"SELECT count(*) AS n FROM pg_stat_activity WHERE pid = {first}").item() == 0


def test_a_kept_connection_that_died_is_replaced(database: Database, owner_url: str):
    """After its server process was ended, the next reading opens another, unseen by the caller."""
    first = database.frame("SELECT pg_backend_pid() AS pid").item()
    with database.transaction() as connection:
        connection.execute("SELECT pg_terminate_backend(%s)", (first,))
    assert database.frame("SELECT pg_backend_pid() AS pid").item() != first


def test_an_error_in_a_reading_leaves_no_open_transaction(database: Database):
    """A failed query is rolled back before the connection is used again."""
    with pytest.raises(Exception, match="no_such_table"):
        database.frame("SELECT * FROM no_such_table")
    assert database.frame("SELECT 1 AS one").item() == 1


def test_array_columns_have_no_statistics(database: Database):
    """Autovacuum must not study the elements of feature and prediction arrays."""
    query = (
        "SELECT count(*) FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid "
        "WHERE (c.relname LIKE 'feature%%' AND a.attname = 'values' OR c.relname = 'fit' AND a.attname = ANY(%s)) "
        "AND c.relkind IN ('r', 'p') AND a.attstattarget IS DISTINCT FROM 0"
    )
    with database.transaction() as connection:
        row = connection.execute(query, (["rows", "raw", "calibrated"],)).fetchone()
    assert row == (0,)
