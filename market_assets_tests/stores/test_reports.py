"""Reports: history is kept, the newest counts, and a changed payload is noticed."""

from __future__ import annotations

import psycopg
import pytest

from market_assets.core.errors import BadInputError, IntegrityError
from market_assets.core.identity import canonical_json, sha256_hex
from market_assets.stores.database import Database
from market_assets.stores.reports import ReportStore

pytestmark = pytest.mark.services


def test_payloads_come_back_as_written(database: Database):
    """Numbers keep their type and digits, which jsonb would rewrite."""
    store = ReportStore(database)
    payload = {"a": 1e22, "b": 1.0, "c": 5e-324, "d": [True, None, "é\\u0001"], "e": {}}
    digest = store.put("quality/^VIX", "s1", "", payload)
    found = store.latest("quality/^VIX", "s1")
    assert found is not None
    assert digest == found.content_hash == sha256_hex(canonical_json(payload))
    assert repr(found.payload) == repr(payload)


def test_only_a_changed_payload_adds_a_row(database: Database):
    """The same as the newest is nothing new; going back to an old one is."""
    store = ReportStore(database)
    for value in (1, 1, 2, 1):
        store.put("gate", "s1", "direction_daily", {"value": value})
    assert [report.payload["value"] for report in store.history("gate", "s1", "direction_daily")] == [1, 2, 1]
    assert store.latest("gate", "s1") is None
    assert store.latest("gate", "s2", "direction_daily") is None


def test_newest_looks_over_all_snapshots(database: Database):
    """For readers that do not know the snapshot, such as a sensor."""
    store = ReportStore(database)
    store.put("drift", "s2", "x", {"n": 1})
    store.put("drift", "s1", "x", {"n": 2})
    store.put("drift", "s3", "y", {"n": 3})
    newest = store.newest("drift", "x")
    assert newest is not None
    assert newest.payload == {"n": 2}
    assert store.newest("drift") is None
    assert store.named("drift", newest.content_hash) == newest
    assert store.named("gate", newest.content_hash) is None


def test_a_failure_is_never_a_number(database: Database):
    """NaN has no place in a report."""
    with pytest.raises(ValueError, match="not JSON compliant"):
        ReportStore(database).put("gate", "s1", "x", {"sharpe": float("nan")})
    with pytest.raises(BadInputError, match="symbol_allow_list"):
        ReportStore(database).put("quality/../x", "s1", "", {})


def test_a_payload_changed_in_the_database_is_noticed(database: Database, owner_url: str):
    """Even the owner with triggers off cannot change a report unseen."""
    store = ReportStore(database)
    store.put("gate", "s1", "x", {"sharpe": 0.5})
    with psycopg.connect(owner_url) as connection:
        connection.execute("ALTER TABLE report DISABLE TRIGGER USER")
        connection.execute("""UPDATE report SET payload = '{"sharpe":3.5}'""")
    with pytest.raises(IntegrityError, match="does not match its hash"):
        store.latest("gate", "s1", "x")


def test_many_reports_are_one_transaction(database: Database):
    """Each kind keeps its own history, the newest of each is read in one go, and a bad payload leaves none."""
    store = ReportStore(database)
    hashes = store.put_all("s1", "", {"quality/B": {"n": 1}, "quality/A": {"n": 2}})
    assert store.put_all("s1", "", {"quality/B": {"n": 3}, "quality/A": {"n": 2}})["quality/A"] == hashes["quality/A"]
    with pytest.raises(ValueError, match="not JSON compliant"):
        store.put_all("s1", "", {"quality/A": {"n": 9}, "quality/C": {"n": float("inf")}})
    found = store.latest_all(["quality/A", "quality/B", "quality/C"], "s1")
    assert {kind: report.payload["n"] for kind, report in found.items()} == {"quality/A": 2, "quality/B": 3}
    assert [len(store.history(f"quality/{name}", "s1")) for name in "AB"] == [1, 2]
