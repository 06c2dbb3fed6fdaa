"""The cache: values and leases while Redis is there, and quiet degradation when it is not."""

from __future__ import annotations

import socket
import time

import pytest

from market_assets.resources import cache as module
from market_assets.resources.cache import Cache
from market_assets.services.health import redis_client
from market_assets.services.state import free_port

pytestmark = pytest.mark.services


def test_values_and_leases(redis_url: str):
    """Set, get, expiry set, and a lease that only its holder gives back."""
    cache, other = Cache(redis_url=redis_url), Cache(redis_url=redis_url)
    assert cache.get("a") is None
    assert cache.set("a", b"\x00\xff", ttl_seconds=60)
    assert other.get("a") == b"\x00\xff"
    with redis_client(redis_url) as client:
        assert 0 < client.pttl("a") <= 60_000
        with cache.lease("job", 60) as held, other.lease("job", 60) as second:
            assert (held, second) == (True, False)
            client.set("lease:job", "taken over after the lease ran out")
        assert client.get("lease:job") == b"taken over after the lease ran out"
        client.delete("lease:job")
    with other.lease("job", 60) as held:
        assert held
    assert not cache.degraded


def test_without_redis_everything_is_empty_and_nothing_fails(caplog):
    """Switched off, or not reachable: None and False, one warning, no password in it."""
    assert Cache().degraded
    url = f"redis://:hunter2@127.0.0.1:{free_port()}/0"
    for cache in (Cache(redis_url="none"), Cache(redis_url=url), Cache(redis_url=url)):
        assert cache.get("a") is None
        assert cache.set("a", b"1", ttl_seconds=1) is False
        with cache.lease("job", 60) as held:
            assert held is None
        assert cache.degraded
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "hunter2" not in caplog.text


def test_a_silent_redis_costs_one_short_wait():
    """A server that accepts and never answers is given up within two seconds, and then left alone."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        cache = Cache(redis_url=f"redis://127.0.0.1:{server.getsockname()[1]}/0")
        begin = time.monotonic()
        for _ in range(50):
            assert cache.get("a") is None
        assert time.monotonic() - begin < 2.0  # a promise to callers, not a speed figure


def test_redis_is_asked_again_after_a_rest(redis_url: str, monkeypatch):
    """A cache that lost Redis finds it again."""
    cache = Cache(redis_url=f"redis://127.0.0.1:{free_port()}/0")
    assert cache.get("a") is None
    assert cache.degraded
    later = time.monotonic() + module.REST_SECONDS
    monkeypatch.setattr(module.time, "monotonic", lambda: later)
    assert not cache.degraded
