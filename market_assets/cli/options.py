"""Options that several commands share; what they hold is checked before any service is started."""

from __future__ import annotations

from typing import Annotated

import typer

from market_assets.core.errors import BadInputError, Location
from market_assets.core.identifiers import check_symbol

Json = Annotated[bool, typer.Option("--json", help="One JSON document on stdout, for programs.")]
Symbols = Annotated[
    str | None, typer.Option("--symbols", metavar="A,B,C", help="Symbols, separated by commas. Default: all.")
]
AsOf = Annotated[
    str,
    typer.Option(
        "--as-of", metavar="DATE", help="State of the bars to use: ISO date (the end of that day, UTC) or ISO time."
    ),
]
ExperimentName = Annotated[str, typer.Option("--experiment", metavar="NAME", help="Name of an experiment file.")]
MARKETS = "planted or null (synthetic), indices (S&P 500, NASDAQ, VIX 1999-2018), or a .csv, .csv.gz or .parquet file."


def split_symbols(text: str | None) -> list[str] | None:
    """Names from ``A,B,C``, each once; None stays None.

    Raises
    ------
    BadInputError
        rules ``symbol_allow_list``, and ``symbols`` when there is no name in the text.
    """
    if text is None:
        return None
    where = Location(column="--symbols")
    names = [check_symbol(name.strip(), where) for name in text.split(",") if name.strip()]
    if not names:
        raise BadInputError("symbols", "no symbol is named; leave the option out for all", where)
    return list(dict.fromkeys(names))
