"""The command that runs an experiment to its verdict."""

from __future__ import annotations

import typer

from market_assets.cli.options import AsOf, ExperimentName, Json, Symbols, split_symbols
from market_assets.cli.output import emit
from market_assets.cli.verdict import print_outcome, print_report
from market_assets.core.as_of import parse_as_of


def run(
    as_of: AsOf, experiment: ExperimentName = "direction_daily", symbols: Symbols = None, json: Json = False
) -> None:
    """Cut a snapshot and run one experiment through its gates.

    A refusal is a result, not an error: exit code 0. What is stored already is not done again. With --json: snapshot
    id, figures of every candidate, verdict, reasons, and seconds and peak memory (MiB) of every stage.
    """
    at, names = parse_as_of(as_of), split_symbols(symbols)
    from market_assets.automation.jobs import name_snapshot
    from market_assets.cli.outcome import run_experiment
    from market_assets.cli.report import write_report
    from market_assets.cli.session import open_session

    with open_session() as session:
        chosen = session.experiment(experiment)
        snapshot_id = name_snapshot(session.instance, session.warehouse, session.governance, session.clock, at, names)
        outcome = run_experiment(session, chosen, snapshot_id)
        path = str(write_report(session, experiment, snapshot_id, outcome.runs)) if outcome.report else None
    if json:
        emit({**outcome.payload(), "report": path})
        return
    print_outcome(outcome)
    print_report(path)


def attach(app: typer.Typer) -> None:
    """Add the command to the tool."""
    app.command()(run)
