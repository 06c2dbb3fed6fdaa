"""The trial count a second time, from the audit log alone: the ledger cannot lose or gain a fit unseen."""

from __future__ import annotations

import json
from collections.abc import Iterable

from market_assets.governance.chain import AuditRow
from market_assets.governance.ledger import REFIT, TrialCount

STARTED = "training_start"


def trials_started(snapshot_id: str, trials: dict[str, str]) -> dict[str, object]:
    """The part of an audit subject that names the fits about to begin: fingerprint by fold."""
    return {"snapshot_id": snapshot_id, "trials": trials}


def audited_trials(rows: Iterable[AuditRow], snapshot_id: str) -> TrialCount:
    """Count the different fits of a snapshot whose start the audit log notes, whoever started them.

    A fit that was started again, after a failure or by hand, has the same fingerprint and counts once, as in the
    ledger. Configurations are not in the log and stay 0.
    """
    fits: set[str] = set()
    refits: set[str] = set()
    for row in rows:
        if row.event != STARTED:
            continue
        subject = json.loads(row.subject)
        if subject.get("snapshot_id") == snapshot_id:
            for fold, fingerprint in subject.get("trials", {}).items():
                (refits if fold == REFIT else fits).add(fingerprint)
    return TrialCount(len(fits), 0, len(refits))
