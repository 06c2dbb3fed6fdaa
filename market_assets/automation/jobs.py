"""Jobs an operator starts from the UI with a small form: register symbols, cut a snapshot, run the whole graph."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import dagster as dg
from pydantic import Field

from market_assets.assets.snapshot import cut_snapshot
from market_assets.automation.approval import approve_promotion
from market_assets.automation.drive import run_layers
from market_assets.automation.layers import bar_layers, champion_layer, graph_layers, side_layers
from market_assets.checks.gates import APPROVAL
from market_assets.core.as_of import parse_as_of
from market_assets.core.errors import BadInputError, Location
from market_assets.core.gates.verdict import AWAITING, PROMOTED, REFUSED
from market_assets.core.identifiers import check_name, check_symbol
from market_assets.experiments.spec import Experiment
from market_assets.partitions import SERIES, SNAPSHOT, SYMBOL
from market_assets.resources.clock import Clock
from market_assets.resources.governance import Governance
from market_assets.resources.warehouse import Warehouse
from market_assets.sources.base import open_source
from market_assets.sources.side import open_side_source
from market_assets.stores.symbols import RegisteredSymbol

WHOLE_RUN = "run_experiment"
ASSET_JOB = "__ASSET_JOB"
BATCH = 300  # keys added to the instance at once; SQLite refuses tens of thousands (dagster#16260)


def register(
    instance: dg.DagsterInstance, warehouse: Warehouse, source: Mapping[str, Any], symbols: Sequence[str] | None
) -> list[str]:
    """Register the symbols of a source and give each a partition, all or none; returns the symbols served.

    Raises
    ------
    BadInputError
        for a source that cannot be opened, or a symbol it does not have.
    """
    opened = open_source(dict(source))
    offered = {record.symbol: record for record in opened.symbols()}
    wanted = [check_symbol(name) for name in symbols] if symbols else list(offered)
    if unknown := sorted(set(wanted) - set(offered)):
        raise BadInputError(
            "unknown_symbol",
            f"{opened.name} has no {', '.join(unknown)}; it has {len(offered)} symbols, such as "
            + ", ".join(list(offered)[:5]),
            Location(column="symbols"),
        )
    present = set(instance.get_dynamic_partitions(str(SYMBOL.name)))
    fresh = [name for name in wanted if name not in present]
    try:
        for start in range(0, len(fresh), BATCH):
            instance.add_dynamic_partitions(str(SYMBOL.name), fresh[start : start + BATCH])
        warehouse.symbols.register([RegisteredSymbol.of(offered[name], opened.describe()) for name in wanted])
    except BaseException:
        # two databases share no transaction: partitions of symbols that were not registered are taken back
        for name in set(fresh) & set(instance.get_dynamic_partitions(str(SYMBOL.name))):
            instance.delete_dynamic_partition(str(SYMBOL.name), name)
        raise
    return wanted


def register_series(
    instance: dg.DagsterInstance, warehouse: Warehouse, source: Mapping[str, Any], series: Sequence[str] | None
) -> list[str]:
    """Register side series of a source and give each a partition; returns their names.

    Raises
    ------
    BadInputError
        for a source that cannot be opened or read, or a series it does not have.
    """
    opened = open_side_source(dict(source))
    offered = opened.series()
    wanted = [check_name(name) for name in series] if series else offered
    if unknown := sorted(set(wanted) - set(offered)):
        text = f"{opened.name} has no {', '.join(unknown)}; it has {', '.join(offered[:20])}"
        raise BadInputError("unknown_series", text, Location(column="series"))
    warehouse.side.register(wanted, opened.describe())
    present = set(instance.get_dynamic_partitions(str(SERIES.name)))
    if fresh := [name for name in wanted if name not in present]:
        instance.add_dynamic_partitions(str(SERIES.name), fresh)
    return wanted


def name_snapshot(
    instance: dg.DagsterInstance,
    warehouse: Warehouse,
    governance: Governance,
    clock: Clock,
    as_of: datetime,
    symbols: Sequence[str] | None,
) -> str:
    """Cut a snapshot and give it a partition; returns its id."""
    snapshot_id = cut_snapshot(warehouse, governance, clock, as_of, symbols).snapshot_id
    if not instance.has_dynamic_partition(str(SNAPSHOT.name), snapshot_id):
        instance.add_dynamic_partitions(str(SNAPSHOT.name), [snapshot_id])
    return snapshot_id


class RegisterConfig(dg.Config):
    """Where the bars come from, and which of its symbols to take."""

    source: dict[str, Any] = Field(
        default={"kind": "synthetic", "market": "planted"},
        description="kind (csv, parquet, synthetic, indices) and its options, such as path, timezone, calendar",
    )
    symbols: list[str] = Field(default=[], description="symbols to register; empty means all the source has")


class SeriesConfig(dg.Config):
    """Where side series come from, and which of them to take."""

    source: dict[str, Any] = Field(
        default={"kind": "side", "path": "/data/funding.csv", "series": "funding_rate", "delay_hours": 0.0},
        description="kind (side, book, quotes) and its options, such as path, series, column, names, delay_hours",
    )
    series: list[str] = Field(default=[], description="series to register; empty means all the source has")


class CutConfig(dg.Config):
    """The state of the bars to name."""

    as_of: str = Field(default="", description="ISO date or time, UTC; empty means now")
    symbols: list[str] = Field(default=[], description="symbols of the universe; empty means all registered")


class RunConfig(CutConfig):
    """A whole run of one experiment."""

    experiment: str = Field(default="direction_daily", description="name of an experiment file")
    refresh_bars: bool = Field(default=True, description="fetch bars and side series from the sources first")


@dg.op(description="Register symbols of a source; each becomes a partition of every symbol layer.")
def register_op(context: dg.OpExecutionContext, config: RegisterConfig, warehouse: Warehouse) -> None:
    """Register and report."""
    names = register(context.instance, warehouse, config.source, config.symbols)
    context.log.info("registered %d symbols; materialize `bars` for them next", len(names))
    context.add_output_metadata({"symbols": len(names), "names": ", ".join(names[:50])})


@dg.op(description="Register side series of a source; each becomes a partition of `side_series`.")
def register_series_op(context: dg.OpExecutionContext, config: SeriesConfig, warehouse: Warehouse) -> None:
    """Register and report."""
    names = register_series(context.instance, warehouse, config.source, config.series)
    context.log.info("registered %d series; materialize `side_series` for them, then cut a snapshot", len(names))
    context.add_output_metadata({"series": len(names), "names": ", ".join(names[:50])})


@dg.op(description="Cut a snapshot of the bars as known at a date; it becomes a partition of every later layer.")
def cut_op(
    context: dg.OpExecutionContext, config: CutConfig, warehouse: Warehouse, governance: Governance, clock: Clock
) -> None:
    """Cut and report."""
    as_of = parse_as_of(config.as_of) if config.as_of else clock.now()
    snapshot_id = name_snapshot(context.instance, warehouse, governance, clock, as_of, config.symbols or None)
    context.log.info("snapshot %s is cut; materialize `snapshot` and what follows for it", snapshot_id)
    context.add_output_metadata({"snapshot_id": snapshot_id})


REGISTER_HELP = """Step 1: give the symbols of a source a place in the graph. Then materialize `bars` for them.

In the launchpad, `source` says where the bars come from, `symbols` which to take (empty: all it has):

- `{kind: csv, path: /data/bars.csv}`, or `kind: parquet`; a day without a time is the close of that XNYS session;
  times without a zone need `timezone: America/New_York` or another
- `{kind: synthetic, market: planted, symbols: 46, years: 5, seed: 0}`; `market: "null"`, with its quotes, has no edge
- `{kind: indices}`: S&P 500, NASDAQ and VIX, 1999-2018"""
SERIES_HELP = """Optional: give figures beside the bars a place in the graph. Then materialize `side_series` for them.

A snapshot cut afterwards holds them, and the optional feature families read them. In the launchpad, `source` is

- `{kind: side, path: /data/vix.csv, names: {VIX: vix, VIX3M: vix3m}, delay_hours: 0.25}`: a CSV or Parquet file with a
  column of times, `value`, and where there are several `series` and `symbol`; a column `known_at` or `delay_hours` says
  when each figure could be read
- `{kind: side, path: /data/funding.csv, series: funding_rate, column: rate, timezone: UTC, delay_hours: 0}`
- `{kind: book, path: /data/stream.parquet, symbol: BTCUSDT, seconds: 60}`: level updates of an order book
- `{kind: quotes, path: /data/quotes.parquet, bid: bid_close, ask: ask_close}`: best quotes, one figure a session"""
CUT_HELP = """Step 2: name the bars as they were known at a date. The snapshot becomes a partition of every later layer.

`as_of` is a date such as `2019-12-31` (end of that day, UTC) or a time; empty means now. The same bars always give the
same snapshot. Materialize any later layer for it next, or run everything with `run_experiment`."""
RUN_HELP = """All steps in one: bars, snapshot and one experiment, to the verdict.

Each layer is a run of its own, with the tags `market_assets/experiment`, `market_assets/layer` and
`market_assets/snapshot`. A gate that refuses ends the chain: its run is marked failed, this one succeeds and says
`refused`."""


def verdict_of(failed_checks: Sequence[str]) -> str:
    """The verdict of a run: promoted, awaiting approval when that is all that is missing, or refused."""
    if not failed_checks:
        return PROMOTED
    return AWAITING if all(check.endswith(f":{APPROVAL}") for check in failed_checks) else REFUSED


def _form(op: str, config: dg.Config) -> dict[str, Any]:
    """What the launchpad shows at first: the operator's own fields, without the wiring of the resources."""
    return {"ops": {op: {"config": config.model_dump()}}}


def build_jobs(experiments: Mapping[str, Experiment]) -> list[dg.JobDefinition]:
    """The operator jobs."""

    @dg.op(description="Refresh bars, cut a snapshot, and run one experiment through its gates.")
    def run_op(
        context: dg.OpExecutionContext, config: RunConfig, warehouse: Warehouse, governance: Governance, clock: Clock
    ) -> None:
        if config.experiment not in experiments:
            raise dg.Failure(
                f"no experiment {config.experiment!r}; known: {', '.join(experiments)}", allow_retries=False
            )
        experiment = experiments[config.experiment]
        job = context.repository_def.get_implicit_global_asset_job_def()
        registered = context.instance.get_dynamic_partitions(str(SYMBOL.name))
        symbols = config.symbols or [record.symbol for record in warehouse.symbols.all()]
        if config.refresh_bars:
            series = context.instance.get_dynamic_partitions(str(SERIES.name))
            fetched = [*bar_layers(symbols, registered), *side_layers(series, series)]
            for run in run_layers(job, context.instance, fetched):
                if not run.success:
                    raise dg.Failure(f"{run.layer.name}: {run.failures[0].message}", allow_retries=False)
        as_of = parse_as_of(config.as_of) if config.as_of else clock.now()
        snapshot_id = name_snapshot(context.instance, warehouse, governance, clock, as_of, config.symbols or None)
        members = warehouse.snapshots.get(snapshot_id).symbols
        layers = [
            *graph_layers(snapshot_id, members, registered, experiment),
            champion_layer(snapshot_id, experiment),
        ]
        runs = run_layers(
            job,
            context.instance,
            layers,
            progress=lambda run: context.log.info("%s: %s in %.1f s", run.layer.name, run.success, run.seconds),
        )
        refused = [check for run in runs for check in run.failed_checks]
        if not runs[-1].success and not refused:
            raise dg.Failure(f"{runs[-1].layer.name}: {runs[-1].failures[0].message}", allow_retries=False)
        verdict = verdict_of(refused)
        by = f" by {', '.join(refused)}" if verdict == REFUSED else ""
        context.add_output_metadata({"snapshot_id": snapshot_id, "verdict": verdict + by})

    @dg.job(config=_form("register_op", RegisterConfig()), description=REGISTER_HELP)
    def register_symbols() -> None:
        register_op()

    @dg.job(config=_form("register_series_op", SeriesConfig()), description=SERIES_HELP)
    def register_side_series() -> None:
        register_series_op()

    @dg.job(name="cut_snapshot", config=_form("cut_op", CutConfig()), description=CUT_HELP)
    def cut_snapshot_job() -> None:
        cut_op()

    @dg.job(name=WHOLE_RUN, config=_form("run_op", RunConfig()), description=RUN_HELP)
    def run_experiment() -> None:
        run_op()

    return [register_symbols, register_side_series, cut_snapshot_job, run_experiment, approve_promotion]
