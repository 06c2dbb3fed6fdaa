"""The command that asks which of the best candidate's trades are worth taking."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer

from market_assets.cli.options import ExperimentName, Json
from market_assets.cli.output import emit, people, table
from market_assets.core.identifiers import check_name

TITLES = {
    "account": "Account with the trades taken beside every trade",
    "forecast": "P(worth it) beside the base rate",
    "trades": "Trades judged",
    "reliability": "Reliability of P(worth it)",
    "blocks": "Blocks",
}


def second_stage(
    snapshot_id: Annotated[
        str | None, typer.Argument(metavar="[SNAPSHOT]", help="Snapshot id. Default: the newest judged one.")
    ] = None,
    experiment: ExperimentName = "direction_daily",
    json: Json = False,
) -> None:
    """Teach a second model which trades of the best candidate are worth taking, and show what taking only those brings.

    Every fit is a trial: a gate report judged afterwards deflates by the larger number. What is stored already is not
    done again.
    """
    if snapshot_id is not None:
        check_name(snapshot_id)
    from market_assets.assets.second_stage import KIND
    from market_assets.automation.layers import second_stage_layer
    from market_assets.cli.on_demand import judged_report
    from market_assets.cli.session import open_session

    with open_session() as session:
        chosen = session.experiment(experiment)
        found = judged_report(session, experiment, snapshot_id, KIND, lambda name: second_stage_layer(name, chosen))
    if json:
        emit(found.document(experiment))
    else:
        _print(found.snapshot_id, found.payload, found.trials)


def _print(snapshot_id: str, payload: Mapping[str, Any], trials: Mapping[str, int]) -> None:
    from market_assets.assets.second_stage import rows_of

    for name, rows in rows_of(payload).items():
        _records(TITLES[name], rows)
    verdict = "lift shown" if payload["shown"] else "no lift shown"
    said = [
        f"{verdict}: {payload['best']} on {snapshot_id}, trades taken from P(worth it) {payload['threshold']:g} on",
        "lift: trades taken less every trade, 95 % interval; shown when that of the Sharpe ratio lies above 0",
        *([payload["cause"]] if payload["cause"] else []),
        f"{trials['new']} new trials; {trials['fits']} fits of {trials['configurations']} configurations count now",
    ]
    for line in said:
        people.print(f"  {line}", markup=False, highlight=False)


def _records(title: str, rows: Sequence[Mapping[str, Any]]) -> None:
    if rows:
        names = list(rows[0])
        right = [name for name in names if any(isinstance(row[name], float) for row in rows)]
        table(title, names, [[row[name] for name in names] for row in rows], right=right)


def attach(app: typer.Typer) -> None:
    """Add the command to the tool."""
    app.command("second-stage")(second_stage)
