"""Is a service there, and if not, why not: what, where, and what to do. Never the password."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

import psycopg
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from market_assets.core.errors import ServiceUnavailableError

CONNECT_SECONDS = 5
REDIS_SECONDS = 2.0


@dataclass(frozen=True)
class PostgresHealth:
    """A PostgreSQL that answered: where and as whom we asked, and what it is."""

    where: str
    role: str
    version: int
    timescaledb: str | None

    def __str__(self) -> str:
        extra = f", TimescaleDB {self.timescaledb}" if self.timescaledb else ""
        return f"PostgreSQL {self.version} at {self.where} as {self.role}{extra}"


@dataclass(frozen=True)
class RedisHealth:
    """A Redis that answered."""

    where: str
    version: str

    def __str__(self) -> str:
        return f"Redis {self.version} at {self.where}"


def plain_url(url: str) -> str:
    """Return a URL that libpq understands: without the SQLAlchemy driver name."""
    return url.replace("postgresql+psycopg2://", "postgresql://", 1)


def where_is(url: str) -> str:
    """Return ``host:port/name`` of a URL."""
    parts = urlsplit(url)
    default = {"redis": 6379, "rediss": 6379}.get(parts.scheme, 5432)
    return f"{parts.hostname or 'localhost'}:{parts.port or default}{parts.path}"


def role_of(url: str) -> str:
    """Return the role a URL logs in as."""
    return unquote(urlsplit(url).username or "") or "(none)"


def explain_postgres(url: str, error: BaseException) -> ServiceUnavailableError:
    """Turn a failed connection into a text that names what, where and what to do.

    libpq gives no SQLSTATE for a refused connection, so the server's text decides; an unknown text is passed on.
    """
    text = " ".join(str(error).split())
    secret = urlsplit(url).password
    for form in {secret, unquote(secret)} if secret else ():
        text = text.replace(form, "***")
    at = f"PostgreSQL at {where_is(url)} as role {role_of(url)}"
    if "password" in text or "authentication" in text:
        return ServiceUnavailableError(f"{at}: wrong password or unknown role; check the password in the database URL")
    if "database" in text and "does not exist" in text:
        return ServiceUnavailableError(f"{at}: this database does not exist; create it or correct the name in the URL")
    if any(sign in text for sign in ("refused", "timeout", "timed out", "translate host name", "unreachable")):
        return ServiceUnavailableError(
            f"{at}: not reachable; start it (embedded: python -m market_assets.services start) or correct host and port"
        )
    return ServiceUnavailableError(f"{at}: {text}; see the server's log")


def check_postgres(url: str) -> PostgresHealth:
    """Connect once and report.

    Raises
    ------
    ServiceUnavailableError
        unreachable, wrong password, missing database, each named.
    """
    try:
        with psycopg.connect(plain_url(url), connect_timeout=CONNECT_SECONDS) as connection:
            row = connection.execute("SELECT extversion FROM pg_extension WHERE extname = 'timescaledb'").fetchone()
            version = connection.info.server_version // 10_000
    except psycopg.OperationalError as error:
        raise explain_postgres(url, error) from None
    return PostgresHealth(where_is(url), role_of(url), version, row[0] if row else None)


def redis_client(url: str, seconds: float = REDIS_SECONDS) -> redis.Redis:
    """A client that waits ``seconds`` at most for a connection or an answer, and asks once."""
    limits = {"socket_connect_timeout": seconds, "socket_timeout": seconds}
    return redis.Redis.from_url(url, retry=Retry(NoBackoff(), 0), **limits)


def check_redis(url: str) -> RedisHealth:
    """Ping once and report.

    Raises
    ------
    ServiceUnavailableError
        unreachable or wrong password. Everything works without Redis; callers decide whether to go on.
    """
    at = f"Redis at {where_is(url)}"
    client = redis_client(url)
    try:
        with client:
            version = str(client.info("server")["redis_version"])
    except (redis.AuthenticationError, redis.ResponseError):
        raise ServiceUnavailableError(f"{at}: wrong password; check the Redis URL") from None
    except (redis.RedisError, OSError) as error:
        raise ServiceUnavailableError(
            f"{at}: not reachable ({type(error).__name__}); start it, or set MARKET_ASSETS_REDIS_URL=none"
        ) from None
    return RedisHealth(where_is(url), version)
