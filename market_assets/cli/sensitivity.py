"""The command that asks how far the best candidate's figures move."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import typer

from market_assets.cli.options import ExperimentName, Json
from market_assets.cli.output import emit, people, table
from market_assets.core.identifiers import check_name


def sensitivity(
    snapshot_id: Annotated[
        str | None, typer.Argument(metavar="[SNAPSHOT]", help="Snapshot id. Default: the newest judged one.")
    ] = None,
    experiment: ExperimentName = "direction_daily",
    json: Json = False,
) -> None:
    """Refit the best candidate with varied parameters, seeds and feature noise, and show how its figures move.

    Every refit is a trial: a gate report judged afterwards deflates by the larger number. What is stored already is
    not done again.
    """
    if snapshot_id is not None:
        check_name(snapshot_id)
    from market_assets.assets.sensitivity import KIND
    from market_assets.automation.layers import sensitivity_layer
    from market_assets.cli.on_demand import judged_report
    from market_assets.cli.session import open_session

    with open_session() as session:
        chosen = session.experiment(experiment)
        found = judged_report(session, experiment, snapshot_id, KIND, lambda name: sensitivity_layer(name, chosen))
    if json:
        emit(found.document(experiment))
    else:
        _print(found.snapshot_id, found.payload, found.trials)


def _print(snapshot_id: str, payload: Mapping[str, Any], trials: Mapping[str, int]) -> None:
    figures = [one["figure"] for one in payload["spreads"]]
    table(
        f"Sensitivity of {payload['best']} on {snapshot_id}",
        ("variation", *figures),
        _rows(payload, figures),
        right=figures,
    )
    table("Over the variations", ("", *figures), _spread(payload), right=figures)
    for one in payload["spreads"]:
        if one["worst"] is not None:
            people.print(f"  lowest {one['figure']}: {one['worst']}", markup=False, highlight=False)
    for run in payload["runs"]:
        if run["figures"] is None:
            people.print(f"  {run['name']}: {run['cause']}", markup=False, highlight=False)
    people.print(
        f"  {trials['new']} new trials; {trials['fits']} fits of {trials['configurations']} configurations count now",
        highlight=False,
    )


def _rows(payload: Mapping[str, Any], figures: list[str]) -> Iterator[tuple[Any, ...]]:
    yield "as it is", *(payload["base"][name] for name in figures)
    for run in payload["runs"]:
        found = run["figures"] or {}
        yield run["name"], *(found.get(name) for name in figures)


def _spread(payload: Mapping[str, Any]) -> Iterator[tuple[Any, ...]]:
    names = {"minimum": "smallest", "median": "median", "maximum": "largest", "worst_drop": "worst drop"}
    for key, name in (*names.items(), ("missing", "missing")):
        yield name, *(one[key] for one in payload["spreads"])


def attach(app: typer.Typer) -> None:
    """Add the command to the tool."""
    app.command()(sensitivity)
