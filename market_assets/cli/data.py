"""Commands of the data layers: ingest, qc, snapshot."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from market_assets.assets import keys, quality
from market_assets.automation.drive import run_layers
from market_assets.automation.jobs import name_snapshot, parse_as_of, register
from market_assets.automation.layers import Layer, bar_layers, contiguous
from market_assets.cli.options import AsOf, Json, Symbols, split_symbols
from market_assets.cli.outcome import RunFailedError, explain, show
from market_assets.cli.output import emit, people, table
from market_assets.cli.session import Session, open_session
from market_assets.core.errors import BadInputError, Location
from market_assets.core.identifiers import check_symbol
from market_assets.partitions import SYMBOL, key_of
from market_assets.sources.base import open_source


def source_config(source: str, options: dict[str, Any]) -> dict[str, Any]:
    """Source configuration of a word (planted, null, indices) or of the path of a CSV or Parquet file."""
    if source in ("planted", "null"):
        return {"kind": "synthetic", "market": source, **options}
    if source == "indices":
        return {"kind": "indices"}
    path = Path(source)
    kind = {".csv": "csv", ".gz": "csv", ".parquet": "parquet"}.get(path.suffix.lower())
    if kind is None:
        raise BadInputError(
            "source", "give planted, null, indices, or the path of a .csv, .csv.gz or .parquet file", Location(source)
        )
    return {"kind": kind, "path": str(path.resolve()), **options}


def ingest_source(session: Session, config: dict[str, Any], symbols: list[str] | None) -> list[str]:
    """Validate, register and append the bars of a source; returns the symbols.

    The whole file is validated before anything is registered or stored.
    """
    opened = open_source(config)
    offered = [record.symbol for record in opened.symbols()]
    for name in symbols or ():
        check_symbol(name, Location(column="symbols"))
    opened.bars([name for name in symbols or offered if name in offered])
    names = register(session.instance, session.warehouse, config, symbols)
    registered = session.instance.get_dynamic_partitions(str(SYMBOL.name))
    run = run_layers(session.job, session.instance, bar_layers(names, registered), progress=show)[-1]
    if not run.success:
        raise RunFailedError(explain(run))
    return names


def ingest(
    source: Annotated[str, typer.Argument(help="planted, null, indices, or a .csv / .parquet file.")],
    symbols: Symbols = None,
    timezone: Annotated[
        str | None, typer.Option(help="Zone of stamps that carry none, such as America/New_York.")
    ] = None,
    calendar: Annotated[str | None, typer.Option(help="Exchange calendar of date-only stamps, such as XNYS.")] = None,
    sectors: Annotated[Path | None, typer.Option(help="CSV with the columns symbol and sector.")] = None,
    json: Json = False,
) -> None:
    """Read bars from a source, check them, and append them to the warehouse."""
    options = {"timezone": timezone, "calendar": calendar, "sectors_path": str(sectors.resolve()) if sectors else None}
    config = source_config(source, {name: value for name, value in options.items() if value is not None})
    with open_session() as session:
        names = ingest_source(session, config, split_symbols(symbols))
        frame = session.warehouse.bars.as_of(session.clock.now(), names)
    payload = {
        "symbols": names,
        "bars": frame.height,
        "first": frame["ts"].min(),
        "last": frame["ts"].max(),
    }
    if json:
        emit(payload)
    else:
        people.print(f"{payload['bars']} bars of {len(names)} symbols, {payload['first']} to {payload['last']}")


def snapshot(as_of: AsOf, symbols: Symbols = None, json: Json = False) -> None:
    """Name the state of the bars at a date; the same rows give the same id."""
    with open_session() as session:
        snapshot_id = name_snapshot(
            session.instance,
            session.warehouse,
            session.governance,
            session.clock,
            parse_as_of(as_of),
            split_symbols(symbols),
        )
        manifest = session.warehouse.snapshots.get(snapshot_id)
    payload = {
        "snapshot_id": snapshot_id,
        "symbols": len(manifest.symbols),
        "rows": manifest.rows,
        "first": manifest.first_ts,
        "last": manifest.last_ts,
        "content_hash": manifest.content_hash,
    }
    if json:
        emit(payload)
    else:
        table(f"Snapshot {snapshot_id}", list(payload), [list(payload.values())])


def qc(as_of: AsOf, symbols: Symbols = None, json: Json = False) -> None:
    """Check data quality as of a date and print what fails."""
    with open_session() as session:
        snapshot_id = name_snapshot(
            session.instance,
            session.warehouse,
            session.governance,
            session.clock,
            parse_as_of(as_of),
            split_symbols(symbols),
        )
        members = session.warehouse.snapshots.get(snapshot_id).symbols
        registered = session.instance.get_dynamic_partitions(str(SYMBOL.name))
        layers = [
            Layer("snapshot", (keys.SNAPSHOT,), snapshot_id, snapshot_id),
            *(
                Layer(
                    "quality",
                    (keys.QUALITY,),
                    key_of(snapshot=snapshot_id, symbol=first),
                    key_of(snapshot=snapshot_id, symbol=last),
                )
                for first, last in contiguous(members, registered)
            ),
            Layer("report", (keys.QUALITY_REPORT,), snapshot_id, snapshot_id),
        ]
        run = run_layers(session.job, session.instance, layers, progress=show)[-1]
        if not run.success and not run.failed_checks:
            raise RunFailedError(explain(run))
        stored = session.warehouse.reports.latest(quality.KIND, snapshot_id)
    entries = stored.payload["symbols"] if stored is not None else []
    failed = [{"symbol": entry["symbol"], **rule} for entry in entries for rule in entry["rules"] if not rule["passed"]]
    if json:
        emit({"snapshot_id": snapshot_id, "passed": not run.failed_checks, "failed_rules": failed})
        return
    columns = ("symbol", "rule", "severity", "count", "share", "limit", "example")
    if failed:
        table(
            f"Rules that fail in snapshot {snapshot_id}",
            columns,
            [[row.get(name) for name in columns] for row in failed],
        )
    people.print(f"{len(entries)} symbols checked, quality gate {'closed' if run.failed_checks else 'open'}")


def attach(app: typer.Typer) -> None:
    """Add the commands to the tool."""
    app.command()(ingest)
    app.command()(qc)
    app.command()(snapshot)
