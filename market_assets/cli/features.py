"""Command of the feature registry: what every feature is."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from market_assets.cli.options import Json
from market_assets.cli.output import emit, table
from market_assets.core.errors import BadInputError, Location


def features(
    family: Annotated[
        str | None, typer.Option("--family", metavar="NAME", help="Features of one family. Default: all families.")
    ] = None,
    markdown: Annotated[bool, typer.Option("--markdown", help="The document docs/features.md, on stdout.")] = False,
    json: Json = False,
) -> None:
    """List the feature families, or the features of one: formula, source, inputs, look-back."""
    from market_assets.core.features.catalogue import COLUMNS, document, rows
    from market_assets.core.features.catalogue import markdown as written
    from market_assets.core.features.registry import FAMILIES, schema_version

    if family is not None and family not in FAMILIES:
        raise BadInputError(
            "unknown_family", f"no family {family!r}; there are {', '.join(FAMILIES)}", Location(column="--family")
        )
    if markdown and json:
        raise BadInputError("output", "choose --markdown or --json, not both", Location(column="--markdown"))
    chosen = list(FAMILIES.values()) if family is None else [FAMILIES[family]]
    if markdown:
        sys.stdout.write(written(chosen))
    elif json:
        emit({"schema_version": schema_version(), "families": document(chosen)})
    elif family is None:
        table(
            "Feature families",
            ("family", "tier", "version", "features", "look-back"),
            [(item.name, item.tier, item.version, len(item.features), item.lookback) for item in chosen],
        )
    else:
        table(f"Features of {family}", COLUMNS, rows(FAMILIES[family]), right=("look-back",))


def attach(app: typer.Typer) -> None:
    """Add the command to the tool."""
    app.command()(features)
