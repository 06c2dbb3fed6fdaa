"""The command that asks what feature families bring."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import typer

from market_assets.cli.options import ExperimentName, Json
from market_assets.cli.output import emit, people, table
from market_assets.core.errors import BadInputError
from market_assets.core.identifiers import check_name

COLUMNS = {"sharpe": "net Sharpe", "mean": "mean a year", "auc": "AUC", "log_loss": "log loss"}


def ablate(
    snapshot_id: Annotated[
        str | None, typer.Argument(metavar="[SNAPSHOT]", help="Snapshot id. Default: the newest judged one.")
    ] = None,
    sets: Annotated[
        str,
        typer.Option(metavar="A,B", help="Feature families. Default: all of the experiment, and all other core ones."),
    ] = "",
    experiment: ExperimentName = "direction_daily",
    json: Json = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="One Markdown document on stdout.")] = False,
) -> None:
    """Refit the best candidate without each feature family it has and with each it has not, and show the lift.

    Every refit is a trial: a gate report judged afterwards deflates by the larger number. What is stored already is
    not done again, and families of an earlier report stay in the correction.
    """
    if snapshot_id is not None:
        check_name(snapshot_id)
    if json and markdown:
        raise BadInputError("options", "--json and --markdown exclude each other")
    from market_assets.assets.ablation import KIND, families_of
    from market_assets.automation.layers import ablation_layer
    from market_assets.cli.on_demand import judged_report
    from market_assets.cli.progress import progress_shown
    from market_assets.cli.session import open_session

    with open_session() as session:
        chosen = session.experiment(experiment)
        families = families_of(chosen, [name.strip() for name in sets.split(",") if name.strip()])
        found = judged_report(
            session,
            experiment,
            snapshot_id,
            KIND,
            lambda name: ablation_layer(name, chosen, families),
            progress_shown(),
        )
    if json:
        emit(found.document(experiment))
    elif markdown:
        from market_assets.reporting.report import render_ablation

        title = f"{experiment}: feature families on snapshot {found.snapshot_id}"
        typer.echo(render_ablation(title, found.payload), nl=False)
    else:
        _print(found.snapshot_id, found.payload, found.report, found.trials)


def _print(snapshot_id: str, payload: Mapping[str, Any], report: str, trials: Mapping[str, int]) -> None:
    heads = ("family", "lift in", "lift", "low", "high", "p")
    table(f"Feature families of {payload['best']} on {snapshot_id}", heads, _rows(payload), right=heads[2:])
    for one in payload["lifts"]:
        if one["cause"]:
            people.print(f"  {one['family']}: {one['cause']}", markup=False, highlight=False)
    people.print(
        "  lift: with the family less without it, 95 % interval; p of the Sharpe ratio by Holm", highlight=False
    )
    people.print(f"  report {report}", highlight=False)
    people.print(
        f"  {trials['new']} new trials; {trials['fits']} fits of {trials['configurations']} configurations count now",
        highlight=False,
    )


def _rows(payload: Mapping[str, Any]) -> Iterator[tuple[Any, ...]]:
    """One row a figure; beside them the family, how it was tried, and whether it shows lift."""
    for one in payload["lifts"]:
        beside = (one["family"], one["way"], "lift shown" if one["shown"] else "no lift shown", "")
        for said, (name, title) in zip(beside, COLUMNS.items(), strict=True):
            found = one["figures"].get(name, {})
            shares = [_cell(found.get(part)) for part in ("lift", "low", "high")]
            yield said, title, *shares, _cell(one["pvalue"]) if name == "sharpe" else ""


def _cell(value: float | None) -> str:
    return "-" if value is None else f"{value:.4g}"


def attach(app: typer.Typer) -> None:
    """Add the command to the tool."""
    app.command()(ablate)
