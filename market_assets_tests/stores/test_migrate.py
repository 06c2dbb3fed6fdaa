"""Migrations: applied once, in order, all or nothing; what the application role may not do."""

from __future__ import annotations

from threading import Thread

import psycopg
import pytest

from market_assets.core.errors import IntegrityError
from market_assets.stores.database import Database
from market_assets.stores.migrate import Migration, migrate, migrations

pytestmark = pytest.mark.services
APPEND_ONLY = ("symbol_version", "bar", "snapshot", "report", "fit")
DERIVED = ("feature_row", "feature_chunk", "feature_block", "label_row", "label_chunk", "label_block")
LAST = 9000


def extra(number: int, text: str) -> tuple[Migration, ...]:
    return (*migrations(), Migration(number, f"{number}_extra.sql", text))


def test_a_second_run_does_nothing(owner_url: str):
    """Everything was applied by the fixture."""
    assert migrate(owner_url) == ()


def test_only_what_is_missing_is_applied(owner_url: str):
    """A new file is applied once."""
    files = extra(LAST, "CREATE TABLE extra (x int)")
    assert migrate(owner_url, files) == (f"{LAST}_extra.sql",)
    assert migrate(owner_url, files) == ()


def test_a_broken_migration_leaves_nothing(owner_url: str):
    """DDL before the error is rolled back with it."""
    with pytest.raises(psycopg.errors.SyntaxError):
        migrate(owner_url, extra(LAST, "CREATE TABLE half (x int); SELEC 1"))
    with psycopg.connect(owner_url) as connection:
        assert connection.execute("SELECT to_regclass('half')").fetchone() == (None,)


def test_a_changed_or_removed_file_is_named(owner_url: str):
    """An applied migration is history."""
    migrate(owner_url, extra(LAST, "CREATE TABLE extra (x int)"))
    with pytest.raises(IntegrityError, match=f"{LAST}_extra.sql was changed or removed"):
        migrate(owner_url, extra(LAST, "CREATE TABLE extra (x bigint)"))
    with pytest.raises(IntegrityError, match="changed or removed"):
        migrate(owner_url)


def test_two_runners_apply_a_file_once(owner_url: str):
    """The advisory lock makes the second one wait and find nothing to do."""
    applied: list[tuple[str, ...]] = []
    files = extra(LAST, "CREATE TABLE extra (x int); SELECT pg_sleep(0.05)")
    threads = [Thread(target=lambda: applied.append(migrate(owner_url, files))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(len, applied)) == [0, 1]


def test_bad_file_names_are_refused(tmp_path):
    """Names carry the order, so they must be in form and numbers unique."""
    (tmp_path / "0001_a.sql").write_text("")
    (tmp_path / "0001_b.sql").write_text("")
    with pytest.raises(IntegrityError, match="share a number"):
        migrations(tmp_path)
    (tmp_path / "first.sql").write_text("")
    with pytest.raises(IntegrityError, match=r"first\.sql"):
        migrations(tmp_path)


VERBS = (
    "UPDATE {} SET {column} = {column}",
    "DELETE FROM {}",
    "TRUNCATE {}",
    "ALTER TABLE {} ADD COLUMN y int",
    "ALTER TABLE {} DISABLE TRIGGER ALL",
    "DROP TABLE {}",
    "DROP TRIGGER no_change ON {}",
    "CREATE INDEX ON {} ({column})",
    "CREATE RULE silent AS ON INSERT TO {} DO INSTEAD NOTHING",
    "ALTER TABLE {} CLUSTER ON nothing",
    "ALTER TABLE {} OWNER TO market_assets_app",
    "LOCK TABLE {} IN ACCESS EXCLUSIVE MODE",
)


def test_the_application_role_can_only_add_and_read_records(database: Database):
    """12 of 12 verbs on every record table are refused by the database itself, on partitions too."""
    with database.transaction() as connection:
        for table in (*APPEND_ONLY, "bar_2015"):
            column = "symbol" if table in ("symbol_version", "bar", "bar_2015") else "snapshot_id"
            for verb in VERBS:
                with pytest.raises(psycopg.errors.InsufficientPrivilege), connection.transaction():
                    connection.execute(verb.format(table, column=column))  # type: ignore[arg-type]


def test_the_owner_is_held_off_by_triggers(owner_url: str, database: Database):
    """The second line: even the owner's UPDATE, DELETE and TRUNCATE are refused while triggers stand."""
    with database.transaction() as connection:
        connection.execute(
            "INSERT INTO symbol_version VALUES ('AAPL', 1, '', 'equity', 'XNYS', '1d', '{}', NULL, DEFAULT)"
        )
    for verb in ("UPDATE symbol_version SET sector = 'x'", "DELETE FROM symbol_version", "TRUNCATE symbol_version"):
        with psycopg.connect(owner_url) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(verb)  # type: ignore[arg-type]


def test_derived_rows_can_be_deleted_but_not_changed(database: Database):
    """The application role may rebuild derived rows, never edit them."""
    with database.transaction() as connection:
        for table in DERIVED:
            connection.execute(f"DELETE FROM {table}")  # type: ignore[arg-type]
            for verb in ("UPDATE {} SET symbol = symbol", "TRUNCATE {}", "DROP TABLE {}"):
                with pytest.raises(psycopg.errors.InsufficientPrivilege), connection.transaction():
                    connection.execute(verb.format(table))  # type: ignore[arg-type]


def test_the_application_role_makes_no_tables(database: Database):
    """It owns nothing and cannot create anything that lasts."""
    with pytest.raises(psycopg.errors.InsufficientPrivilege), database.transaction() as connection:
        connection.execute("CREATE TABLE mine (x int)")


def test_timescaledb_is_probed(database: Database):
    """The embedded PostgreSQL has none, and that is found out by asking."""
    assert database.timescaledb() is None


BAR = "INSERT INTO bar VALUES ('AAPL', '1d', {ts}, {known}, {open}, 2, 1, 1.5, {volume}, 1, 0)"
GOOD = {"ts": "'2015-01-02 21:00Z'", "known": "'2015-01-02 21:00Z'", "open": "1", "volume": "0"}


BAD = [
    *[(column, value) for column in ("open", "volume") for value in ("'NaN'", "'Infinity'", "'-Infinity'")],
    *[("ts", value) for value in ("'infinity'", "'-infinity'", "'1969-12-31 00:00Z'", "'2100-01-01 00:00Z'")],
    *[("known", value) for value in ("'infinity'", "'2015-01-02 20:59Z'", "'9999-01-01 00:00Z'")],
]


def test_direct_sql_cannot_store_a_bar_that_is_not_finite_or_known_too_early(database: Database):
    """The CHECKs hold for everybody; NaN included, although NaN = NaN in PostgreSQL."""
    with database.transaction() as connection:
        for column, value in BAD:
            with pytest.raises(psycopg.errors.CheckViolation), connection.transaction():
                connection.execute(BAR.format(**{**GOOD, column: value}))  # type: ignore[arg-type]
        connection.execute(BAR.format(**GOOD))  # type: ignore[arg-type]


def test_planted_bug_the_naive_check_lets_nan_in(owner_url: str):
    """``CHECK (v = v)`` accepts NaN here, which is why the test above is needed."""
    with psycopg.connect(owner_url) as connection:
        connection.execute("CREATE TABLE naive (v float8 CHECK (v = v)); INSERT INTO naive VALUES ('NaN')")
        with pytest.raises(psycopg.errors.CheckViolation):
            connection.execute("CREATE TABLE ours (v float8 CHECK (is_finite(v))); INSERT INTO ours VALUES ('NaN')")
