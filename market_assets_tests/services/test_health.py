"""Health: what, where and what to do, never the password."""

from __future__ import annotations

from urllib.parse import urlsplit, urlunsplit

import pytest

from market_assets.core.errors import ServiceUnavailableError
from market_assets.services.embedded import Endpoints
from market_assets.services.health import check_postgres, check_redis
from market_assets.services.state import free_port
from market_assets.stores.database import Database

pytestmark = pytest.mark.services


def changed(url: str, **parts: str) -> str:
    """The URL with another password, port or database."""
    split = urlsplit(url)
    user, password = parts.get("user", split.username or ""), parts.get("password", split.password)
    place = f"{user}:{password}@{split.hostname}:{parts.get('port', split.port)}"
    return urlunsplit(split._replace(netloc=place, path=parts.get("path", split.path)))


def test_a_healthy_postgres_names_place_role_and_version(endpoints: Endpoints):
    """The driver name of a Dagster URL is understood too."""
    health = check_postgres(endpoints.dagster_url)
    assert health.role == "dagster"
    assert health.where.startswith("127.0.0.1:")
    assert health.version >= 15
    assert health.timescaledb is None
    assert str(health).startswith(f"PostgreSQL {health.version} at 127.0.0.1:")


@pytest.mark.parametrize(
    ("parts", "text"),
    [
        ({"password": "wr0ng-secret"}, "wrong password or unknown role"),
        ({"user": "nobody_here", "password": "wr0ng-secret"}, "wrong password or unknown role"),
        ({"path": "/not_there"}, "database does not exist"),
        ({"port": "free"}, "not reachable; start it"),
    ],
)
def test_every_refusal_of_postgres_is_named(endpoints: Endpoints, parts: dict[str, str], text: str):
    """Wrong password, unknown role, missing database and no server, from health, psycopg and ADBC alike."""
    if parts.get("port") == "free":
        parts = {"port": str(free_port())}
    url = changed(endpoints.database_url, **parts)
    database = Database(url)

    def transaction() -> None:
        with database.transaction():
            raise AssertionError("connected")

    for ask in (lambda: check_postgres(url), lambda: database.frame("SELECT 1"), transaction):
        with pytest.raises(ServiceUnavailableError, match=text) as caught:
            ask()
        assert f"{urlsplit(url).hostname}:{urlsplit(url).port}{urlsplit(url).path}" in str(caught.value)
        assert f"role {urlsplit(url).username}" in str(caught.value)
        assert str(urlsplit(url).password) not in str(caught.value)
    assert str(urlsplit(url).password) not in repr(database)


def test_redis_answers_or_says_why_not(redis_url: str):
    """Version when it answers; wrong password and no server are named."""
    assert check_redis(redis_url).version
    with pytest.raises(ServiceUnavailableError, match="wrong password"):
        check_redis(redis_url.replace("redis://:", "redis://:x"))
    with pytest.raises(ServiceUnavailableError, match="not reachable") as caught:
        check_redis(f"redis://:hunter2@127.0.0.1:{free_port()}/0")
    assert "hunter2" not in str(caught.value)
