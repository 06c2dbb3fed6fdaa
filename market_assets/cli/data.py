"""Commands of the data layers: ingest, qc, snapshot."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from market_assets.cli.options import MARKETS, AsOf, Json, Symbols, split_symbols
from market_assets.cli.output import emit, pairs, people, table
from market_assets.core.as_of import parse_as_of

if TYPE_CHECKING:
    from market_assets.automation.drive import LayerRun
    from market_assets.cli.session import Session

QC_COLUMNS = ("symbol", "rule", "severity", "count", "share", "limit", "example")


def source_config(source: str, options: dict[str, Any]) -> dict[str, Any]:
    """Source configuration of a market in one word or of the path of a bar file; relative paths are made absolute.

    Raises
    ------
    BadInputError
        rules ``market`` and ``source_option``.
    """
    from market_assets.sources.base import market_config, open_source

    config = {**market_config(source), **options}
    if "path" in config:
        config["path"] = str(Path(config["path"]).expanduser().resolve())
    open_source(config)
    return config


def ingest_source(
    session: Session, config: dict[str, Any], symbols: list[str] | None, runs: list[LayerRun] | None = None
) -> list[str]:
    """Validate, register and append the bars of a source; returns the symbols, and adds the runs to ``runs``.

    The whole source is validated and the append rehearsed before anything is registered or stored.
    """
    from market_assets.automation.jobs import register
    from market_assets.automation.layers import bar_layers
    from market_assets.cli.layers import drive
    from market_assets.cli.output import progress
    from market_assets.partitions import SYMBOL
    from market_assets.sources.base import open_source

    opened = open_source(config)
    offered = [record.symbol for record in opened.symbols()]
    session.warehouse.bars.append(opened.bars(symbols or offered), session.clock.now(), rehearse=True)
    for note in opened.notes():
        progress.print(f"  note: {note}", markup=False, highlight=False)
    names = register(session.instance, session.warehouse, config, symbols)
    registered = session.instance.get_dynamic_partitions(str(SYMBOL.name))
    done = drive(session, bar_layers(names, registered))
    if runs is not None:
        runs += done
    return names


def ingest(
    source: Annotated[str, typer.Argument(help=MARKETS)],
    symbols: Symbols = None,
    timezone: Annotated[
        str | None, typer.Option(metavar="ZONE", help="Zone of stamps that carry none, such as America/New_York.")
    ] = None,
    calendar: Annotated[
        str | None, typer.Option(metavar="NAME", help="Exchange whose sessions date-only stamps name. Default: XNYS.")
    ] = None,
    sectors: Annotated[Path | None, typer.Option(metavar="FILE", help="CSV with the columns symbol, sector.")] = None,
    start: Annotated[str | None, typer.Option(metavar="DATE", help="First day to take.")] = None,
    end: Annotated[str | None, typer.Option(metavar="DATE", help="Last day to take.")] = None,
    json: Json = False,
) -> None:
    """Read bars from a source, check every row, and append them to the warehouse.

    All or nothing: one bad row refuses the file, and names row, column and rule. Prices as traded, volume in shares.
    """
    wanted = split_symbols(symbols)
    from market_assets.cli.session import open_session

    options = {
        "timezone": timezone,
        "calendar": calendar,
        "sectors_path": str(sectors.resolve()) if sectors else None,
        "start": start,
        "end": end,
    }
    config = source_config(source, {name: value for name, value in options.items() if value is not None})
    with open_session() as session:
        names = ingest_source(session, config, wanted)
        frame = session.warehouse.bars.as_of(session.clock.now(), names)
    payload = {"symbols": names, "bars": frame.height, "first": frame["ts"].min(), "last": frame["ts"].max()}
    if json:
        emit(payload)
    else:
        people.print(
            f"{frame.height} bars of {len(names)} symbols, {payload['first']:%Y-%m-%d} to {payload['last']:%Y-%m-%d}",
            highlight=False,
        )


def snapshot(as_of: AsOf, symbols: Symbols = None, json: Json = False) -> None:
    """Name the state of the bars as known at a date; the same rows give the same content hash."""
    at, names = parse_as_of(as_of), split_symbols(symbols)
    from market_assets.automation.jobs import name_snapshot
    from market_assets.cli.session import open_session

    with open_session() as session:
        snapshot_id = name_snapshot(session.instance, session.warehouse, session.governance, session.clock, at, names)
        manifest = session.warehouse.snapshots.get(snapshot_id)
    payload = {
        "snapshot_id": snapshot_id,
        "as_of": manifest.as_of,
        "symbols": len(manifest.symbols),
        "rows": manifest.rows,
        "first": manifest.first_ts,
        "last": manifest.last_ts,
        "content_hash": manifest.content_hash,
    }
    if json:
        emit(payload)
    else:
        pairs("Snapshot", payload)


def qc(as_of: AsOf, symbols: Symbols = None, json: Json = False) -> None:
    """Check data quality as of a date and print every rule that fails; a closed gate is a result, exit code 0."""
    at, names = parse_as_of(as_of), split_symbols(symbols)
    from market_assets.assets import quality
    from market_assets.automation.jobs import name_snapshot
    from market_assets.automation.layers import quality_layers
    from market_assets.cli.layers import drive
    from market_assets.cli.session import open_session
    from market_assets.partitions import SYMBOL

    with open_session() as session:
        snapshot_id = name_snapshot(session.instance, session.warehouse, session.governance, session.clock, at, names)
        members = session.warehouse.snapshots.get(snapshot_id).symbols
        registered = session.instance.get_dynamic_partitions(str(SYMBOL.name))
        last = drive(session, quality_layers(snapshot_id, members, registered))[-1]
        stored = session.warehouse.reports.latest(quality.KIND, snapshot_id)
    entries = stored.payload["symbols"] if stored is not None else []
    failed = [{"symbol": entry["symbol"], **rule} for entry in entries for rule in entry["rules"] if not rule["passed"]]
    if json:
        emit(
            {
                "snapshot_id": snapshot_id,
                "passed": not last.failed_checks,
                "symbols": len(entries),
                "failed_rules": failed,
            }
        )
        return
    if failed:
        rows = [[row.get(name) for name in QC_COLUMNS] for row in failed]
        table(f"Rules that fail in snapshot {snapshot_id}", QC_COLUMNS, rows)
    state = "[yellow]closed[/yellow]" if last.failed_checks else "[green]open[/green]"
    people.print(f"{len(entries)} symbols checked, quality gate {state}", highlight=False)


def attach(app: typer.Typer) -> None:
    """Add the commands to the tool."""
    app.command()(ingest)
    app.command()(qc)
    app.command()(snapshot)
