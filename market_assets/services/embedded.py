"""The services as one thing: where they are, start, stop, status.

Who stops what: ``start`` leaves servers up until ``stop``. ``running`` starts what is not up; the last ``running``
to leave stops the servers if a ``running`` started them. Users are counted by a shared file lock, which the kernel
drops when a process dies, so a killed process never keeps servers alive beyond the next ``running``.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from market_assets.services.account import Place, choose_place
from market_assets.services.bootstrap import APP, DAGSTER, DATABASE, OWNER, bootstrap
from market_assets.services.health import where_is
from market_assets.services.postgres import PostgresServer
from market_assets.services.redis import RedisServer
from market_assets.services.state import State
from market_assets.settings import Settings, redact


@dataclass(frozen=True, repr=False)
class Endpoints:
    """Where the services are, passwords included.

    ``dagster_url`` names the psycopg2 driver, which is the one that dagster-postgres speaks.
    """

    database_url: str
    owner_url: str
    dagster_url: str
    redis_url: str | None

    def __repr__(self) -> str:
        urls = (self.database_url, self.owner_url, self.dagster_url, self.redis_url)
        return f"Endpoints({', '.join(redact(url) if url else 'None' for url in urls)})"


@dataclass(frozen=True)
class ServiceStatus:
    """One service: ``mode`` is embedded, external, off or missing; pid and place only where it runs here."""

    name: str
    mode: str
    running: bool
    where: str
    pid: int | None = None


def with_driver(url: str) -> str:
    """Write the psycopg2 driver out: SQLAlchemy 2.1 reads a plain ``postgresql://`` as psycopg 3."""
    scheme, _, rest = url.partition("://")
    return f"postgresql+psycopg2://{rest}" if scheme in ("postgresql", "postgres") else url


class Services:
    """The embedded services of one state folder; services given by URL are left alone."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._state: State | None = None
        self._chosen: Place | None = None

    @property
    def state(self) -> State:
        """The state file; made on first use, so that external services need no folder."""
        if self._state is None:
            self._state = State.open(self.settings.home)
        return self._state

    @property
    def postgres(self) -> PostgresServer:
        """The embedded PostgreSQL."""
        return PostgresServer(self._place(), self.state)

    @property
    def redis(self) -> RedisServer:
        """The embedded Redis."""
        return RedisServer(self._place(), self.state)

    def start(self) -> Endpoints:
        """Start what is ours and not up; it stays up until ``stop``.

        Raises
        ------
        ServiceUnavailableError
            when a server does not come up.
        """
        if not self._anything_ours():
            return self._endpoints(redis=False)
        with self.state.changing():
            return self._start(keep=True)

    def stop(self) -> None:
        """Stop our servers, whoever started them."""
        if self._anything_ours():
            with self.state.changing():
                self._stop()

    def status(self) -> tuple[ServiceStatus, ...]:
        """Look without changing anything."""
        settings = self.settings
        if self._anything_ours() and not (settings.home / "services" / "state.json").exists():
            return tuple(ServiceStatus(name, "embedded", False, "") for name in ("postgresql", "redis"))
        rows = []
        if settings.database_url is not None:
            rows.append(ServiceStatus("postgresql", "external", True, where_is(settings.database_url)))
        else:
            up = self.postgres.answers()
            where = where_is(self.postgres.superuser_url) if up else str(self.postgres.folder)
            rows.append(ServiceStatus("postgresql", "embedded", up, where, self.postgres.pid() if up else None))
        if settings.embedded_redis:
            pid = self.redis.pid()
            where = where_is(self.redis.url) if pid else str(self.redis.folder)
            rows.append(ServiceStatus("redis", "embedded", pid is not None, where, pid))
        else:
            url = settings.external_redis_url
            rows.append(ServiceStatus("redis", "external" if url else "off", bool(url), where_is(url) if url else ""))
        return tuple(rows)

    def endpoints(self) -> Endpoints:
        """Where the services are; does not start them. ``redis_url`` is None while an embedded Redis is down."""
        return self._endpoints(self.settings.embedded_redis and self.redis.pid() is not None)

    @contextmanager
    def running(self) -> Iterator[Endpoints]:
        """Have the services up inside the block."""
        if not self._anything_ours():
            yield self._endpoints(redis=False)
            return
        with ExitStack() as leaving:
            leaving.callback(self._stop_if_last)
            with self.state.changing():
                leaving.enter_context(self.state.using())  # left before _stop_if_last runs
                endpoints = self._start(keep=False)
            yield endpoints

    def _anything_ours(self) -> bool:
        return self.settings.embedded_postgres or self.settings.embedded_redis

    def _place(self) -> Place:
        if self._chosen is None:
            self._chosen = choose_place(self.state.folder, self.state.values.get("place"))
            if "place" not in self.state.values:
                inside = self._chosen.root == self.state.folder
                self.state.save(place="." if inside else str(self._chosen.root))
        return self._chosen

    def _start(self, keep: bool) -> Endpoints:
        self._look_again()
        postgres_up = self.settings.embedded_postgres and self.postgres.answers()
        redis_up = self.settings.embedded_redis and self.redis.pid() is not None
        if keep or not (postgres_up or redis_up):
            self.state.save(keep=keep)
        if self.settings.embedded_postgres:
            if not postgres_up:
                self.postgres.start()
            if not self.state.values.get("bootstrapped"):
                passwords = {role: self.state.password(role) for role in (OWNER, APP, DAGSTER)}
                bootstrap(self.postgres.superuser_url, passwords)
                self.state.save(bootstrapped=True)
        if self.settings.embedded_redis and not redis_up:
            redis_up = self.redis.start()
        return self._endpoints(redis_up)

    def _look_again(self) -> None:
        """Another process may have changed the state since we looked."""
        self.state.reload()
        self._chosen = None

    def _stop(self) -> None:
        self._look_again()
        if self.settings.embedded_redis:
            self.redis.stop()
        if self.settings.embedded_postgres:
            self.postgres.stop()
        self.state.save(keep=False)

    def _stop_if_last(self) -> None:
        with self.state.changing():
            self.state.reload()
            if not self.state.values.get("keep") and self.state.unused():
                self._stop()

    def _endpoints(self, redis: bool) -> Endpoints:
        settings = self.settings
        redis_url = self.redis.url if redis else settings.external_redis_url
        if settings.database_url and settings.owner_url and settings.dagster_url:
            return Endpoints(settings.database_url, settings.owner_url, with_driver(settings.dagster_url), redis_url)
        server = self.postgres
        return Endpoints(
            server.url(APP, DATABASE),
            server.url(OWNER, DATABASE),
            server.url(DAGSTER, DAGSTER, "postgresql+psycopg2"),
            redis_url,
        )


@contextmanager
def running(settings: Settings) -> Iterator[Endpoints]:
    """Have the services of ``settings`` up inside the block; see the module text for who stops them."""
    with Services(settings).running() as endpoints:
        yield endpoints
