"""What the commands share that refit the best candidate of a judged snapshot: the run, its report and its trials."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from market_assets.core.errors import BadInputError

if TYPE_CHECKING:
    from market_assets.automation.layers import Layer
    from market_assets.cli.session import Session


@dataclass(frozen=True)
class Answer:
    """The stored report of a run on demand, and the trials: fits and configurations in all, and new fits."""

    snapshot_id: str
    payload: dict[str, Any]
    report: str
    trials: dict[str, int]

    def document(self, experiment: str) -> dict[str, Any]:
        """The whole answer for programs."""
        facts = {"experiment": experiment, "snapshot_id": self.snapshot_id, "report": self.report}
        return {**facts, "trials": self.trials, **self.payload}


def judged_report(
    session: Session,
    experiment: str,
    snapshot_id: str | None,
    kind: str,
    layer: Callable[[str], Layer],
    shown: AbstractContextManager[None] | None = None,
) -> Answer:
    """Drive a layer of a snapshot that has been judged, the newest by default, and read the report that it stored.

    Parameters
    ----------
    kind : of the report. layer : snapshot id -> what to run. shown : progress while it runs.

    Raises
    ------
    BadInputError
        rule ``no_report`` when the snapshot has no backtest of the experiment.
    """
    from market_assets.assets.backtest import KIND as BACKTEST
    from market_assets.cli.layers import drive
    from market_assets.cli.report import newest_snapshot

    name = snapshot_id or newest_snapshot(session, experiment)
    if session.warehouse.reports.latest(BACKTEST, name, experiment) is None:
        raise BadInputError("no_report", f"snapshot {name} has no backtest of {experiment}; run the graph first")
    before = session.governance.ledger().count(name)
    with shown or nullcontext():
        drive(session, [layer(name)])
    stored = session.warehouse.reports.latest(kind, name, experiment)
    assert stored is not None
    count = session.governance.ledger().count(name)
    trials = {"fits": count.fits, "configurations": count.configurations, "new": count.fits - before.fits}
    return Answer(name, stored.payload, stored.content_hash, trials)
