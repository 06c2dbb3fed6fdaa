"""Options that several commands share."""

from __future__ import annotations

from typing import Annotated

import typer

Json = Annotated[bool, typer.Option("--json", help="One JSON document on stdout, for programs.")]
Symbols = Annotated[
    str | None, typer.Option("--symbols", metavar="A,B,C", help="Symbols, separated by commas. Default: all.")
]
AsOf = Annotated[
    str, typer.Option("--as-of", metavar="DATE", help="State of the data to use: ISO date (end of day UTC) or time.")
]
ExperimentName = Annotated[str, typer.Option("--experiment", metavar="NAME", help="Name of an experiment file.")]


def split_symbols(text: str | None) -> list[str] | None:
    """Names from ``A,B,C``; None stays None."""
    return None if text is None else [name.strip() for name in text.split(",") if name.strip()]
