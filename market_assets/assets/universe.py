"""The least a snapshot must hold for an experiment: fewer symbols or sessions are a failure, not a refusal."""

import dagster as dg

from market_assets.core.market.panel import Panel
from market_assets.experiments.spec import Experiment


def require_universe(experiment: Experiment, panel: Panel, snapshot_id: str) -> None:
    """Raise ``dg.Failure`` when the snapshot holds too few tradable symbols or sessions for the experiment."""
    wanted = experiment.universe
    if len(panel.tradable) < wanted.min_symbols:
        raise dg.Failure(
            f"{experiment.name} needs {wanted.min_symbols} tradable symbols, snapshot {snapshot_id} holds "
            f"{len(panel.tradable)}",
            allow_retries=False,
        )
    if (sessions := len(panel.sessions()[0])) < wanted.min_sessions:
        raise dg.Failure(
            f"{experiment.name} needs {wanted.min_sessions} sessions, snapshot {snapshot_id} holds {sessions}",
            allow_retries=False,
        )
