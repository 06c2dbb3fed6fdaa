"""Commands of the checkpoints around the gate: a reviewer's approval, and the one-touch holdout."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from market_assets.cli.govern import load_bundle
from market_assets.cli.options import ExperimentName, Json
from market_assets.cli.output import emit, pairs, people
from market_assets.core.identifiers import check_name


def approve(
    model_version: Annotated[str, typer.Argument(help="Model version that passed the gate, as printed by run.")],
    reviewer: Annotated[str, typer.Option("--reviewer", metavar="NAME", help="Who approves.")],
    note: Annotated[str, typer.Option("--note", metavar="WHY", help="Why; it goes into the audit log.")],
    experiment: ExperimentName = "direction_daily",
    json: Json = False,
) -> None:
    """Approve a decision of the promotion gate, where the experiment asks for a reviewer; a refusal cannot be."""
    from market_assets.cli.session import open_session

    check_name(model_version)
    with open_session() as session:
        session.experiment(experiment)
        given = session.governance.approvals().approve(experiment, model_version, reviewer, note, session.clock.now())
    if json:
        emit(asdict(given))
    else:
        people.print(f"decision {given.decision} on {given.model_version}: approved by {given.reviewer}", markup=False)


def seal(
    name: Annotated[str, typer.Argument(help="Name of the holdout.")],
    start: Annotated[str, typer.Option("--from", metavar="DATE", help="First day of the range, UTC.")],
    end: Annotated[str, typer.Option("--until", metavar="DATE", help="Last day of the range, UTC.")],
    json: Json = False,
) -> None:
    """Seal a range of bars: no snapshot can see it, and each model may be held against it once."""
    from market_assets.cli.session import open_session
    from market_assets.core.as_of import parse_as_of
    from market_assets.governance.holdout import Seal

    check_name(name)
    first = parse_as_of(start).replace(hour=0, minute=0, second=0)
    made = Seal(name, first, parse_as_of(end))
    with open_session() as session:
        session.governance.holdouts().seal(made, actor="operator", at=session.clock.now())
    if json:
        emit(asdict(made))
    else:
        people.print(f"sealed {name}: {made.from_ts:%Y-%m-%d} to {made.until_ts:%Y-%m-%d}", markup=False)


def holdout(
    model_version: Annotated[str, typer.Argument(help="Model version published here.")],
    name: Annotated[str, typer.Option("--seal", metavar="NAME", help="Name of the holdout.")],
    json: Json = False,
) -> None:
    """Hold a model against a sealed range, once; a second look is refused by the database and audited."""
    from market_assets.automation.holdout import judge_holdout
    from market_assets.cli.session import open_session

    check_name(model_version)
    with open_session() as session:
        bundle = load_bundle(session, model_version)
        payload = judge_holdout(
            session.warehouse,
            session.governance,
            session.owner,
            bundle,
            check_name(name),
            session.compute,
            actor="operator",
            at=session.clock.now(),
        )
    if json:
        emit(payload)
        return
    figures = payload["card"]["figures"]
    shown = ("sharpe", "sharpe_low", "sharpe_high", "mean", "max_drawdown", "total_return")
    facts = {"sessions": payload["card"]["n"], **{key: figures[key] for key in shown}}
    pairs(f"{model_version} on holdout {name}", facts)


def attach(app: typer.Typer) -> None:
    """Add the commands to the tool."""
    app.command()(approve)
    app.command()(seal)
    app.command()(holdout)
