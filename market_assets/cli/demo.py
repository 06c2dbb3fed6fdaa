"""The main job on one market, from bars to a printed verdict."""

from __future__ import annotations

from typing import Annotated, Any

import polars as pl
import typer

from market_assets.automation.jobs import name_snapshot
from market_assets.cli.data import ingest_source, source_config
from market_assets.cli.options import Json, Symbols, split_symbols
from market_assets.cli.outcome import print_outcome, run_experiment
from market_assets.cli.output import emit, people, progress
from market_assets.cli.report import write_report
from market_assets.cli.session import open_session
from market_assets.core.errors import BadInputError

SYNTHETIC = ("planted", "null")


def demo(
    market: Annotated[str, typer.Argument(help="planted, null, indices, or a .csv / .parquet file.")] = "planted",
    experiment: Annotated[
        str | None, typer.Option(help="Experiment; default: direction_index for indices, else direction_daily.")
    ] = None,
    symbols: Symbols = None,
    count: Annotated[int, typer.Option(help="Symbols of a synthetic market.")] = 46,
    years: Annotated[float, typer.Option(help="Years of a synthetic market.")] = 5.0,
    seed: Annotated[int, typer.Option(help="Seed of a synthetic market.")] = 0,
    json: Json = False,
) -> None:
    """Bars, snapshot, features, models, gates: one market to its verdict, with a report."""
    options: dict[str, Any] = {"symbols": count, "years": years, "seed": seed} if market in SYNTHETIC else {}
    config = source_config(market, options)
    name = experiment or ("direction_index" if market == "indices" else "direction_daily")
    with open_session() as session:
        chosen = session.experiment(name)
        progress.print(f"[bold]{market}[/bold] market, experiment {name}")
        names = ingest_source(session, config, split_symbols(symbols))
        bars = session.warehouse.bars.as_of(session.clock.now(), names)
        if bars.height == 0:
            raise BadInputError("empty_snapshot", f"the source {market} gave no bars")
        # the moment the newest bar or revision was known: the same stored bars always give the same snapshot
        last = bars.select(pl.max_horizontal(pl.col("ts").max(), pl.col("known_at").max())).item()
        snapshot_id = name_snapshot(session.instance, session.warehouse, session.governance, session.clock, last, names)
        outcome = run_experiment(session, chosen, snapshot_id)
        path = write_report(session, name, snapshot_id, outcome.runs) if outcome.report else None
    if json:
        emit({**outcome.payload(), "market": market, "report": str(path) if path else None})
        return
    print_outcome(outcome)
    if path:
        people.print(f"report: {path}")
    people.print("look at every run, partition and check: [bold]make ui[/bold]")


def attach(app: typer.Typer) -> None:
    """Add the command to the tool."""
    app.command()(demo)
