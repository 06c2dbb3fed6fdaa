"""The cache as a resource. Redis advises, PostgreSQL decides: without Redis everything still works."""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import dagster as dg
import redis
from pydantic import Field, PrivateAttr

from market_assets.services.health import REDIS_SECONDS, redis_client, where_is
from market_assets.settings import REDIS_OFF

REST_SECONDS = 30.0
T = TypeVar("T")
_log = logging.getLogger(__name__)
_said: set[str] = set()
# delete the lease only if it is still ours
_RELEASE = "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end return 0"


class Cache(dg.ConfigurableResource):
    """Short-lived values and leases; every call answers within seconds, and a lost Redis reads as an empty one.

    After a failure Redis is left alone for half a minute: one late answer in that time is enough.
    """

    redis_url: str = Field(default=REDIS_OFF, description="address, or the word none; read from the environment")
    _client: redis.Redis | None = PrivateAttr(default=None)
    _resting_until: float = PrivateAttr(default=0.0)

    @property
    def degraded(self) -> bool:
        """Whether we go on without Redis."""
        return self.redis_url in ("", REDIS_OFF) or time.monotonic() < self._resting_until

    def get(self, key: str) -> bytes | None:
        """The value of ``key``; None when it is absent, expired, or Redis is gone."""
        return self._ask(lambda client: client.get(key))  # type: ignore[return-value]

    def set(self, key: str, value: bytes, ttl_seconds: float) -> bool:
        """Keep ``value`` for a while; False when Redis is gone."""
        return bool(self._ask(lambda client: client.set(key, value, px=max(1, int(ttl_seconds * 1000)))))

    @contextmanager
    def lease(self, name: str, ttl_seconds: float) -> Iterator[bool | None]:
        """Try to hold ``name``: True = held, False = somebody else holds it, None = Redis cannot say.

        A lease only saves double work; whatever must not happen twice is decided by PostgreSQL.
        """
        token = secrets.token_hex(16)
        key, ttl = f"lease:{name}", max(1, int(ttl_seconds * 1000))
        taken = self._ask(lambda client: bool(client.set(key, token, px=ttl, nx=True)))
        try:
            yield taken
        finally:
            if taken:
                self._ask(lambda client: client.eval(_RELEASE, 1, key, token))

    def _ask(self, question: Callable[[redis.Redis], T]) -> T | None:
        if self.degraded:
            return None
        if self._client is None:
            self._client = redis_client(self.redis_url, REDIS_SECONDS / 2)
        try:
            return question(self._client)
        except (redis.RedisError, OSError) as error:
            self._resting_until = time.monotonic() + REST_SECONDS
            where = where_is(self.redis_url)
            if where not in _said:
                _said.add(where)
                _log.warning("Redis at %s is gone (%s); going on without it", where, type(error).__name__)
            return None
