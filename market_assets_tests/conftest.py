"""Real services for the tests: one embedded PostgreSQL and Redis a session, one fresh database a test."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg import sql

from market_assets.services import postgres
from market_assets.services.embedded import Endpoints, Services
from market_assets.settings import Settings
from market_assets.stores.artifacts import ArtifactStore
from market_assets.stores.database import Database
from market_assets.stores.migrate import migrate
from market_assets.stores.readers import close_kept
from market_assets_tests.databases import with_name
from market_assets_tests.distribution import SharedFixtureScheduling, rank

if TYPE_CHECKING:
    from xdist.remote import Producer

    from market_assets_tests.worlds import World

TEMPLATE = "market_assets"
_numbers = count(1)


def pytest_configure(config: pytest.Config) -> None:
    """Compile once: where Python keeps no bytecode, every process that a test starts would compile Dagster anew."""
    if sys.dont_write_bytecode and hasattr(config, "cache"):
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        os.environ["PYTHONPYCACHEPREFIX"] = str(config.cache.mkdir("bytecode"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Slow files begin first, so that no worker waits for one at the end."""
    items.sort(key=lambda item: rank(item.nodeid.split("::")[0]))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> SharedFixtureScheduling | None:
    """With plain ``-n``, a fixture of a session or a module is made by one worker only."""
    if config.getvalue("dist") != "load":
        return None
    config.option.loadscopereorder = False  # the order is ours
    return SharedFixtureScheduling(config, log)


@pytest.fixture(scope="session")
def service_settings() -> Iterator[Settings]:
    """Settings of the session's services, in a folder that an unprivileged server account can enter."""
    home = Path(tempfile.mkdtemp(prefix="market_assets_tests_"))
    home.chmod(0o755)
    yield Settings(home=home)
    shutil.rmtree(home)


@pytest.fixture(scope="session")
def services(service_settings: Settings) -> Iterator[Services]:
    """Running PostgreSQL and Redis with a migrated template database; stopped at the end of the session.

    Its databases live for minutes: they need not survive a power cut, and a flush a test waits for the disk.
    """
    services = Services(service_settings)
    with ExitStack() as leaving:
        with pytest.MonkeyPatch.context() as patch:
            patch.setitem(postgres.SETTINGS, "fsync", "off")
            endpoints = leaving.enter_context(services.running())
        migrate(endpoints.owner_url)
        yield services


@pytest.fixture
def endpoints(services: Services) -> Iterator[Endpoints]:
    """Endpoints of a fresh, migrated database that lives as long as the test (Dagster's own is shared)."""
    session = services.endpoints()
    name = f"test_{next(_numbers)}"
    identifiers = (sql.Identifier(name), sql.Identifier(TEMPLATE), sql.Identifier("market_assets_owner"))
    close_kept()  # a database with a reader in it cannot be copied
    with psycopg.connect(services.postgres.superuser_url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER {}").format(*identifiers))
        yield Endpoints(
            with_name(session.database_url, name),
            with_name(session.owner_url, name),
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


@pytest.fixture(scope="session")
def cut_world(services: Services, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A small market with three cut snapshots (clean, spoilt, null) and nothing materialized; read only."""
    from market_assets_tests.worlds import fill, open_world

    with open_world(services, tmp_path_factory.mktemp("cut_world")) as world:
        fill(world)
        yield world


@pytest.fixture(scope="session")
def done_world(services: Services, cut_world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The same market driven through every layer: clean promoted, spoilt and null refused; read only."""
    from market_assets_tests.worlds import drive, open_world

    with open_world(services, tmp_path_factory.mktemp("done_world"), template=cut_world) as world:
        drive(world)
        yield world


@pytest.fixture
def fresh_world(services: Services, cut_world: World, tmp_path: Path) -> Iterator[World]:
    """A copy of ``cut_world`` that a test may change."""
    from market_assets_tests.worlds import open_world

    with open_world(services, tmp_path / "home", template=cut_world) as world:
        yield world


@pytest.fixture
def world(services: Services, done_world: World, tmp_path: Path) -> Iterator[World]:
    """A copy of ``done_world`` that a test may change; its instance has the partitions but no events yet."""
    from market_assets_tests.worlds import open_world

    with open_world(services, tmp_path / "home", template=done_world) as world:
        yield world


@pytest.fixture
def near(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    """Replay into a fresh database of the session's server: the rebuild is the same, no server is started."""
    from market_assets.automation import replay
    from market_assets_tests.worlds import fresh_database

    @contextmanager
    def running(settings: Settings) -> Iterator[Endpoints]:
        with fresh_database(services) as endpoints:
            yield endpoints

    monkeypatch.setattr(replay, "running", running)
