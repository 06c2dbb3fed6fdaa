"""The trial count from the audit log, held against the ledger."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from market_assets.assets import keys
from market_assets.assets.locks import GATE_REPORT
from market_assets.governance.audit import AuditLog
from market_assets.governance.ledger import REFIT
from market_assets.governance.trial_audit import STARTED, audited_trials, trials_started
from market_assets.stores.database import Database
from market_assets_tests.worlds import CLEAN_AT, World

AT = datetime(2026, 1, 2, tzinfo=UTC)


@pytest.mark.services
def test_a_fit_started_twice_counts_once(database: Database, tmp_path: Path) -> None:
    """Retries share a fingerprint; refits are counted apart; other snapshots and events do not count."""
    log = AuditLog(database, tmp_path / "anchors.jsonl")
    for subject in (
        trials_started("s1", {"wf00": "a", "wf01": "b"}),
        trials_started("s1", {"wf01": "b", "wf02": "c"}),
        trials_started("s2", {"wf00": "d"}),
        trials_started("s1", {REFIT: "r"}),
    ):
        log.append(STARTED, subject, "tester", AT)
    log.append("training_failure", trials_started("s1", {"wf03": "e"}), "tester", AT)
    found = audited_trials(log.rows(), "s1")
    assert (found.fits, found.refits) == (3, 1)
    assert audited_trials(log.rows(STARTED), "s1") == found


def test_ledger_and_audit_log_agree_on_a_run(world: World) -> None:
    """After a whole run with a promotion both count the same fits and refits."""
    clean = world.snapshot(CLEAN_AT)
    counted = world.governance.ledger().count(clean)
    audited = audited_trials(world.governance.audit().rows(), clean)
    assert counted.fits == audited.fits > 0
    assert counted.refits == audited.refits == 1


def test_a_fit_without_a_start_in_the_log_closes_the_gate(world: World) -> None:
    """A row slipped into the ledger makes the counts disagree: the report is a refusal that says so."""
    clean = world.snapshot(CLEAN_AT)
    with psycopg.connect(world.warehouse.database_url) as connection:
        connection.execute(
            "INSERT INTO trial (snapshot_id, fingerprint, experiment, family, fold, configuration, params, "
            "seed, origin) SELECT snapshot_id, 'slipped in', experiment, family, fold, configuration, params, "
            "seed, origin FROM trial WHERE snapshot_id = %s LIMIT 1",
            (clean,),
        )
    world.materialize(keys.gate_report("tiny"), clean)
    report = world.warehouse.reports.latest(GATE_REPORT, clean, "tiny")
    assert report is not None
    assert not report.payload["verdict"]["passed"]
    (gap,) = report.payload["evidence"]["gaps"]
    assert gap["figure"] == "trials"
    assert "the audit log" in gap["cause"]
