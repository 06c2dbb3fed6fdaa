"""What every fit leaves in the books: its trial before it begins, and start, end or failure in the audit log."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from market_assets.governance.ledger import Trial
from market_assets.governance.trial_audit import STARTED, trials_started
from market_assets.resources.clock import Clock
from market_assets.resources.governance import Governance


@contextmanager
def recorded(trials: Sequence[Trial], governance: Governance, clock: Clock, actor: str, **facts: Any) -> Iterator[None]:
    """Record the trials of one family, then run the block that fits them.

    Parameters
    ----------
    facts : what the audit rows say besides snapshot, experiment, family and folds.
    """
    audit, first = governance.audit(), trials[0]
    subject = {
        "snapshot_id": first.snapshot_id,
        "experiment": first.experiment,
        "family": first.family,
        "folds": [trial.fold for trial in trials],
        **facts,
    }
    governance.ledger().record(trials)
    begun = trials_started(first.snapshot_id, {trial.fold: trial.fingerprint for trial in trials})
    audit.append(STARTED, {**subject, **begun}, actor=actor, at=clock.now())
    try:
        yield
    except (Exception, KeyboardInterrupt) as error:
        reason = {**subject, "error": f"{type(error).__name__}: {error}"[:500]}
        audit.append("training_failure", reason, actor=actor, at=clock.now())
        raise
    audit.append("training_completion", {**subject, "fits": len(trials)}, actor=actor, at=clock.now())
