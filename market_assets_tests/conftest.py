"""Real services for the tests: one embedded PostgreSQL and Redis a session, one fresh database a test."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from psycopg import sql

from market_assets.services.embedded import Endpoints, Services
from market_assets.settings import Settings
from market_assets.stores.artifacts import ArtifactStore
from market_assets.stores.database import Database
from market_assets.stores.migrate import migrate

TEMPLATE = "market_assets"
_numbers = count(1)


def _with_name(url: str, name: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


@pytest.fixture(scope="session")
def service_settings() -> Iterator[Settings]:
    """Settings of the session's services, in a folder that an unprivileged server account can enter."""
    home = Path(tempfile.mkdtemp(prefix="market_assets_tests_"))
    home.chmod(0o755)
    yield Settings(home=home)
    shutil.rmtree(home)


@pytest.fixture(scope="session")
def services(service_settings: Settings) -> Iterator[Services]:
    """Running PostgreSQL and Redis with a migrated template database; stopped at the end of the session."""
    services = Services(service_settings)
    with services.running() as endpoints:
        migrate(endpoints.owner_url)
        yield services


@pytest.fixture
def endpoints(services: Services) -> Iterator[Endpoints]:
    """Endpoints of a fresh, migrated database that lives as long as the test (Dagster's own is shared)."""
    session = services.endpoints()
    name = f"test_{next(_numbers)}"
    identifiers = (sql.Identifier(name), sql.Identifier(TEMPLATE), sql.Identifier("market_assets_owner"))
    with psycopg.connect(services.postgres.superuser_url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER {}").format(*identifiers))
        yield Endpoints(
            _with_name(session.database_url, name),
            _with_name(session.owner_url, name),
            session.dagster_url,
            session.redis_url,
        )
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(identifiers[0]))


@pytest.fixture
def database(endpoints: Endpoints) -> Database:
    """A fresh, migrated database, as the application role."""
    return Database(endpoints.database_url)


@pytest.fixture
def owner_url(endpoints: Endpoints) -> str:
    """The same database as ``database``, as the migration owner."""
    return endpoints.owner_url


@pytest.fixture
def redis_url(services: Services) -> str:
    """URL of the session's Redis; skipped where the machine has no Redis program."""
    url = services.endpoints().redis_url
    if url is None:
        pytest.skip("no Redis server program on this machine")
    return url


@pytest.fixture
def artifact_store(tmp_path: Path) -> ArtifactStore:
    """An empty artifact store."""
    return ArtifactStore(tmp_path / "artifacts")
