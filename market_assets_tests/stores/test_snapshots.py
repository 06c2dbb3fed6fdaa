"""Snapshot manifests: stored once, never changed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import psycopg
import pytest

from market_assets.core.errors import BadInputError, IntegrityError
from market_assets.stores.database import Database
from market_assets.stores.snapshots import SnapshotManifest, SnapshotStore
from market_assets_tests.stores.samples import FIRST, NOW

pytestmark = pytest.mark.services
MANIFEST = SnapshotManifest("20240601-abc", NOW, ("AAPL", "^VIX"), FIRST, NOW, 10, "a" * 64)


def test_round_trip_and_order(database: Database):
    """What was put is what is got; the same again is nothing new; the list is by as-of time."""
    store = SnapshotStore(database)
    earlier = replace(MANIFEST, snapshot_id="20240531-def", as_of=NOW - timedelta(days=1), last_ts=FIRST)
    assert store.put(MANIFEST)
    assert store.put(earlier)
    assert not store.put(MANIFEST)
    assert store.get(MANIFEST.snapshot_id) == MANIFEST
    assert store.list() == (earlier, MANIFEST)


def test_an_id_is_never_reused(database: Database):
    """Another content under a stored id is refused."""
    store = SnapshotStore(database)
    store.put(MANIFEST)
    for change in ({"content_hash": "b" * 64}, {"rows": 11}, {"symbols": ("AAPL",)}):
        with pytest.raises(IntegrityError, match="stored with another content"):
            store.put(replace(MANIFEST, **change))
    assert store.list() == (MANIFEST,)


def test_unknown_and_impossible_snapshots_are_refused(database: Database):
    """No such id, a name outside the allow-list, and rows after the as-of time."""
    store = SnapshotStore(database)
    with pytest.raises(BadInputError) as caught:
        store.get("20240601-nope")
    assert caught.value.rule == "unknown_snapshot"
    with pytest.raises(BadInputError, match="name_allow_list"):
        store.get("../20240601")
    with pytest.raises(psycopg.errors.CheckViolation):
        store.put(replace(MANIFEST, last_ts=NOW + timedelta(days=1)))
