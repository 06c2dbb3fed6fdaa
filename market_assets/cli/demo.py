"""The main job on one market, from bars to a printed verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from market_assets.cli.options import MARKETS, Json, Symbols, split_symbols
from market_assets.cli.output import emit, people, progress
from market_assets.cli.verdict import print_outcome, print_report

if TYPE_CHECKING:
    from market_assets.automation.drive import LayerRun

SYNTHETIC = ("planted", "null")


def demo(
    market: Annotated[str, typer.Argument(help=MARKETS)] = "planted",
    experiment: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Experiment. Default: direction_index for indices, else direction_daily."),
    ] = None,
    symbols: Symbols = None,
    count: Annotated[int, typer.Option(min=1, help="Symbols of a synthetic market.")] = 46,
    years: Annotated[float, typer.Option(help="Years of a synthetic market.")] = 5.0,
    seed: Annotated[int, typer.Option(min=0, help="Seed of a synthetic market.")] = 0,
    json: Json = False,
) -> None:
    """Run the main job: bars, snapshot, features, models, gates, verdict and report of one market.

    Run it again and nothing is done twice: stored fits, trials and decisions count.
    """
    import polars as pl

    from market_assets.automation.jobs import name_snapshot
    from market_assets.cli.data import ingest_source, source_config
    from market_assets.cli.outcome import run_experiment
    from market_assets.cli.report import write_report
    from market_assets.cli.session import open_session
    from market_assets.core.errors import BadInputError

    options: dict[str, Any] = {"symbols": count, "years": years, "seed": seed} if market in SYNTHETIC else {}
    config, chosen_symbols = source_config(market, options), split_symbols(symbols)
    name = experiment or ("direction_index" if market == "indices" else "direction_daily")
    fetched: list[LayerRun] = []
    with open_session() as session:
        chosen = session.experiment(name)
        progress.print(f"{market} market, experiment {name}", markup=False, highlight=False)
        names = ingest_source(session, config, chosen_symbols, fetched)
        bars = session.warehouse.bars.as_of(session.clock.now(), names)
        if bars.height == 0:
            raise BadInputError("empty_snapshot", f"the source {market} gave no bars")
        # the moment the newest bar or revision was known: the same stored bars always give the same snapshot
        last = bars.select(pl.max_horizontal(pl.col("ts").max(), pl.col("known_at").max())).item()
        snapshot_id = name_snapshot(session.instance, session.warehouse, session.governance, session.clock, last, names)
        outcome = run_experiment(session, chosen, snapshot_id)
        runs = (*fetched, *outcome.runs)
        path = str(write_report(session, name, snapshot_id, runs)) if outcome.report else None
    if json:
        from market_assets.cli.layers import stage_figures

        emit({**outcome.payload(), "stages": stage_figures(runs), "market": market, "report": path})
        return
    print_outcome(outcome)
    print_report(path)
    people.print("see every run, partition and check in the browser: [bold]make ui[/bold]", highlight=False)


def attach(app: typer.Typer) -> None:
    """Add the command to the tool."""
    app.command()(demo)
