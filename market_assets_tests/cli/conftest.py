"""One installation for the tests of the command line: its own databases on the session's servers, its own state."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from psycopg import sql

from market_assets.services.embedded import Services
from market_assets.stores.readers import close_kept
from market_assets_tests.cli.tool import Installation
from market_assets_tests.databases import with_name
from market_assets_tests.worlds import TINY, write_experiments

TABLES = {"market_assets_cli": "market_assets_owner", "dagster_cli": "dagster"}


@pytest.fixture(scope="session")
def installed(services: Services, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """Databases, state folder and experiment files of the command line tests."""
    home = tmp_path_factory.mktemp("installation")
    write_experiments(home / "experiments", TINY)
    session = services.endpoints()
    close_kept()
    with psycopg.connect(services.postgres.superuser_url, autocommit=True) as connection:
        for name, owner in TABLES.items():
            template = sql.SQL("TEMPLATE market_assets") if owner == "market_assets_owner" else sql.SQL("")
            connection.execute(
                sql.SQL("CREATE DATABASE {} OWNER {} {}").format(sql.Identifier(name), sql.Identifier(owner), template)
            )
        yield Installation(
            home,
            {
                "HOME": str(home),
                "DATABASE_URL": with_name(session.database_url, "market_assets_cli"),
                "OWNER_URL": with_name(session.owner_url, "market_assets_cli"),
                "DAGSTER_URL": with_name(session.dagster_url, "dagster_cli"),
                "REDIS_URL": "none",
                "EXPERIMENTS": str(home / "experiments"),
                "DEVICE": "cpu",
                "WORKERS": "1",
            },
        )
        for name in TABLES:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture
def installation(installed: Installation, monkeypatch: pytest.MonkeyPatch) -> Installation:
    """The installation, with the environment of a command that runs in it."""
    for name, value in installed.variables.items():
        monkeypatch.setenv(f"MARKET_ASSETS_{name}", value)
    for name in ("DAGSTER_HOME", "OMP_WAIT_POLICY"):
        monkeypatch.setenv(name, "")  # the command sets it; this puts the old value back afterwards
    return installed
