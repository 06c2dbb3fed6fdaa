"""The command of side series: figures beside the bars, such as funding rates and implied volatility."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from market_assets.cli.options import Json
from market_assets.cli.output import emit, people, table
from market_assets.core.errors import BadInputError, Location

COLUMNS = ("series", "symbols", "figures", "new", "first", "last", "read by")


def pairs_of(text: str | None, option: str) -> dict[str, str]:
    """``A=b,C=d`` as a mapping.

    Raises
    ------
    BadInputError
        rule ``option`` for a part without ``=``, or one name twice.
    """
    found: dict[str, str] = {}
    for part in filter(None, (one.strip() for one in (text or "").split(","))):
        name, sign, value = (piece.strip() for piece in part.partition("="))
        if not (sign and name and value) or name in found:
            raise BadInputError(
                "option", f"{part!r} is not of the form NAME=VALUE, each name once", Location(None, None, option)
            )
        found[name] = value
    return found


def quote_columns(text: str) -> dict[str, str]:
    """The four columns of best quotes.

    Raises
    ------
    BadInputError
        rule ``option`` when there are not four.
    """
    given = [one.strip() for one in text.split(",")]
    if len(given) != 4 or not all(given):
        raise BadInputError("option", f"{text!r} does not name four columns", Location(None, None, "--quotes"))
    return dict(zip(("bid", "bid_size", "ask", "ask_size"), given, strict=True))


def side(
    path: Annotated[Path, typer.Argument(metavar="FILE", help="CSV (.gz too) or Parquet file.")],
    series: Annotated[
        str | None, typer.Option(metavar="NAME", help="Name of all figures. Default: column `series` of the file.")
    ] = None,
    column: Annotated[str | None, typer.Option(metavar="NAME", help="Column of the figures. Default: value.")] = None,
    delay: Annotated[
        float | None,
        typer.Option(metavar="HOURS", help="How long after its time a figure comes out, without a column known_at."),
    ] = None,
    names: Annotated[
        str | None, typer.Option(metavar="A=b,C=d", help="Series of the file to take, and their names here.")
    ] = None,
    series_column: Annotated[str | None, typer.Option(metavar="NAME", help="Column of the names of series.")] = None,
    symbol: Annotated[str | None, typer.Option(metavar="NAME", help="Symbol of all figures.")] = None,
    symbols: Annotated[
        str | None, typer.Option(metavar="A=B", help="Symbols of the file that have another name here.")
    ] = None,
    where: Annotated[str | None, typer.Option(metavar="COLUMN=VALUE", help="Only rows with these values.")] = None,
    time: Annotated[str | None, typer.Option(metavar="NAME", help="Column of times. Default: ts, date, ...")] = None,
    timezone: Annotated[str | None, typer.Option(metavar="ZONE", help="Zone of stamps that carry none.")] = None,
    calendar: Annotated[str | None, typer.Option(metavar="NAME", help="Exchange of date-only stamps.")] = None,
    book: Annotated[
        int | None,
        typer.Option(metavar="SECONDS", help="The file is a stream of level updates of one book: interval in seconds."),
    ] = None,
    quotes: Annotated[
        str | None,
        typer.Option(
            metavar="BID,SIZE,ASK,SIZE", help="The file holds best quotes: its four columns. One figure a session."
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Load side series: figures that optional features read, each from the moment it was known.

    All or nothing: one bad row refuses the file, and names row, column and rule. Cut a snapshot afterwards; one that
    was cut before keeps what it holds. Without a column `known_at`, say with `--delay` when a figure comes out.

    Example: `market-assets side cboe.csv --names VIX=vix,VIX3M=vix3m,VVIX=vvix --delay 0.25`
    """
    options: dict[str, Any] = {
        "series": series,
        "column": column,
        "delay_hours": delay,
        "names": pairs_of(names, "--names") or None,
        "series_column": series_column,
        "symbol": symbol,
        "symbols": pairs_of(symbols, "--symbols") or None,
        "where": pairs_of(where, "--where") or None,
        "time": time,
        "timezone": timezone,
        "calendar": calendar,
    }
    given = {name: value for name, value in options.items() if value is not None}
    config = {"kind": "side", "path": str(path.expanduser().resolve()), **given}
    if book is not None:
        config |= {"kind": "book", "seconds": book}
    if quotes is not None:
        config |= {"kind": "quotes", **quote_columns(quotes)}
    from market_assets.automation.jobs import register_series
    from market_assets.automation.layers import side_layers
    from market_assets.cli.layers import drive
    from market_assets.cli.session import open_session
    from market_assets.partitions import SERIES
    from market_assets.sources.side import open_side_source

    opened = open_side_source(config)
    frame = opened.rows(opened.series())
    with open_session() as session:
        # everything is tried before anything is registered
        session.warehouse.side.append(frame, session.clock.now(), rehearse=True)
        wanted = register_series(session.instance, session.warehouse, config, None)
        before = session.warehouse.side.counts()
        drive(session, side_layers(wanted, session.instance.get_dynamic_partitions(str(SERIES.name))))
        after = session.warehouse.side.counts()
    rows = [_row(name, frame, before, after) for name in wanted]
    if json:
        emit({"series": rows})
        return
    shown = [[*list(row.values())[:-1], ", ".join(row["read_by"]) or "no family"] for row in rows]
    table(f"Side series of {path.name}", COLUMNS, shown, right=COLUMNS[1:4])
    people.print("  cut a snapshot to use them: market-assets snapshot --as-of DATE", highlight=False)


def _row(name: str, frame: Any, before: dict[str, int], after: dict[str, int]) -> dict[str, Any]:
    import polars as pl

    from market_assets.core.features.registry import FAMILIES
    from market_assets.core.features.side_family import side_series

    own = frame.filter(pl.col("series") == name)
    return {
        "series": name,
        "symbols": own["symbol"].n_unique(),
        "figures": own.height,
        "new": after.get(name, 0) - before.get(name, 0),
        "first": f"{own['ts'].min():%Y-%m-%d}",
        "last": f"{own['ts'].max():%Y-%m-%d}",
        "read_by": [family.name for family in FAMILIES.values() if name in side_series(family)],
    }


def attach(app: typer.Typer) -> None:
    """Add the command to the tool."""
    app.command()(side)
