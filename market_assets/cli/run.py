"""The command that runs an experiment to its verdict."""

from __future__ import annotations

import typer

from market_assets.automation.jobs import name_snapshot, parse_as_of
from market_assets.cli.options import AsOf, ExperimentName, Json, Symbols, split_symbols
from market_assets.cli.outcome import print_outcome, run_experiment
from market_assets.cli.output import emit, people
from market_assets.cli.report import write_report
from market_assets.cli.session import open_session


def run(
    as_of: AsOf, experiment: ExperimentName = "direction_daily", symbols: Symbols = None, json: Json = False
) -> None:
    """Cut a snapshot and run one experiment through its gates; a refusal is a result, not an error."""
    with open_session() as session:
        chosen = session.experiment(experiment)
        snapshot_id = name_snapshot(
            session.instance,
            session.warehouse,
            session.governance,
            session.clock,
            parse_as_of(as_of),
            split_symbols(symbols),
        )
        outcome = run_experiment(session, chosen, snapshot_id)
        path = write_report(session, outcome.experiment, snapshot_id, outcome.runs) if outcome.report else None
    if json:
        emit({**outcome.payload(), "report": str(path) if path else None})
        return
    print_outcome(outcome)
    if path:
        people.print(f"report: {path}")


def attach(app: typer.Typer) -> None:
    """Add the command to the tool."""
    app.command()(run)
