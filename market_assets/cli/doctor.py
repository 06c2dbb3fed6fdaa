"""The command that says what is wrong with an installation."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from market_assets.cli.exits import UNAVAILABLE
from market_assets.cli.options import Json
from market_assets.cli.output import emit, table


def doctor(
    sweep: Annotated[bool, typer.Option("--sweep", help="Delete features and labels that no block holds.")] = False,
    json: Json = False,
) -> None:
    """Look at everything a run needs, and at what runs left behind; exit code 3 if something is wrong.

    Python, state folder, disk, experiment files, device, graph, PostgreSQL (three URLs), Redis, signing key, audit
    chain, bundles, chunks of features and labels.
    """
    from market_assets.cli.findings import findings
    from market_assets.settings import Settings

    rows = list(findings(Settings.from_environment(), sweep))
    good = all(row.ok for row in rows)
    if json:
        document: dict[str, Any] = {"ok": good, "findings": [vars(row) for row in rows]}
        emit(document)
    else:
        shown = [(row.what, "[green]yes[/green]" if row.ok else "[red]NO[/red]", row.detail) for row in rows]
        table("Doctor", ("what", "ok", "detail"), shown)
    if not good:
        raise typer.Exit(UNAVAILABLE)


def attach(app: typer.Typer) -> None:
    """Add the command to the tool."""
    app.command()(doctor)
