"""The command that shows what features say, what repeats, and what the models use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from market_assets.cli.options import ExperimentName, Json
from market_assets.cli.output import emit, people, table
from market_assets.core.errors import BadInputError
from market_assets.core.identifiers import check_name

if TYPE_CHECKING:
    from market_assets.cli.session import Session


def diagnose(
    snapshot_id: Annotated[
        str | None, typer.Argument(metavar="[SNAPSHOT]", help="Snapshot id. Default: the newest diagnosed one.")
    ] = None,
    experiment: ExperimentName = "direction_daily",
    json: Json = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="One Markdown document on stdout.")] = False,
) -> None:
    """Show the feature diagnostics and the importance report that a run has stored.

    Information coefficients by state of the market and horizon, transfer to other symbols, redundancy, and how far the
    folds agree on what matters. Nothing is computed and no trial is added.
    """
    if snapshot_id is not None:
        check_name(snapshot_id)
    if json and markdown:
        raise BadInputError("options", "--json and --markdown exclude each other")
    from market_assets.assets.diagnostics import FEATURES_KIND, IMPORTANCE_KIND
    from market_assets.cli.session import open_session

    with open_session() as session:
        session.experiment(experiment)
        name = snapshot_id or _newest(session, FEATURES_KIND, experiment)
        found = session.warehouse.reports.latest_all((FEATURES_KIND, IMPORTANCE_KIND), name, experiment)
    if FEATURES_KIND not in found:
        raise BadInputError("no_report", f"snapshot {name} has no feature diagnostics of {experiment}; run the graph")
    features = found[FEATURES_KIND].payload
    importance = found[IMPORTANCE_KIND].payload if IMPORTANCE_KIND in found else None
    if json:
        emit({"experiment": experiment, "snapshot_id": name, "features": features, "importance": importance})
    elif markdown:
        from market_assets.reporting.report import render_features

        typer.echo(render_features(f"{experiment}: features of snapshot {name}", features, importance), nl=False)
    else:
        _print(features, importance)


def _newest(session: Session, kind: str, experiment: str) -> str:
    for manifest in reversed(session.warehouse.snapshots.list()):
        if session.warehouse.reports.latest(kind, manifest.snapshot_id, experiment) is not None:
            return manifest.snapshot_id
    raise BadInputError("no_report", f"{experiment} has no feature diagnostics yet; `market-assets run` makes them")


def _print(features: Mapping[str, Any], importance: Mapping[str, Any] | None) -> None:
    from market_assets.reporting.diagnostics_section import diagnostics_sections

    for section in diagnostics_sections(features, importance):
        people.print(f"[bold]{section.title}[/bold]")
        people.print(section.note, markup=False, highlight=False)
        for block in section.blocks:
            if block.table is not None and not (block.folded and block.title.startswith("Every flag")):
                right = [name for k, name in enumerate(block.table.columns) if block.table.right(k)]
                rows = [[cell.text for cell in row] for row in block.table.rows]
                table(block.title, block.table.columns, rows, right=right)


def attach(app: typer.Typer) -> None:
    """Add the command to the tool."""
    app.command()(diagnose)
