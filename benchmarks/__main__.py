"""``python -m benchmarks``: measure, hold against the limits, print tables, write JSON."""

from __future__ import annotations

import json
import signal
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Any

import typer

from benchmarks.child import JobFailedError
from benchmarks.light import write_light
from benchmarks.machine import machine_facts
from benchmarks.options import RESULTS, Options
from benchmarks.result import Result, figure_rows
from benchmarks.state_folder import scratch_home
from benchmarks.suite import BENCHMARKS
from market_assets.cli.output import people, progress, table

QUICK: dict[str, Any] = {
    "count": 8,
    "years": 3.0,
    "pairs": 1,
    "sizes": (8, 16, 24),
    "seeds": (0,),
    "draws": 48,
    "power_draws": 8,
    "runs": 1,
}


def show(result: Result, quick: bool) -> None:
    """Print figures with their limits, then the tables behind them."""
    people.print()
    sizes = ", ".join(f"{name} {value}" for name, value in result.sizes.items())
    note = "; quick sizes: the limits are those of the full size" if quick else ""
    table(f"{result.title} ({sizes}{note})", ("figure", "value", "unit", "limit", ""), figure_rows(result.figures))
    for one in result.tables:
        table(one.title, one.columns, one.rows)


def write(result: Result, machine: dict[str, Any], quick: bool, out: Path) -> None:
    """Write the JSON document of a result."""
    out.mkdir(parents=True, exist_ok=True)
    document = {"machine": machine, "quick": quick, **result.to_payload()}
    (out / f"{result.name}.json").write_text(json.dumps(document, indent=2) + "\n")


def numbers(text: str) -> tuple[int, ...]:
    """Whole numbers from ``46,92,184``."""
    try:
        return tuple(int(part) for part in text.split(","))
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not a list of whole numbers such as 46,92,184") from None


def main(
    names: Annotated[list[str] | None, typer.Argument(help=f"Which of {', '.join(BENCHMARKS)}; default: all.")] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Small sizes and few rounds: a try, not a figure.")] = False,
    out: Annotated[Path, typer.Option(help="Folder of the JSON documents.")] = RESULTS,
    count: Annotated[int | None, typer.Option(help="Symbols of the synthetic market [46, quick 8].")] = None,
    years: Annotated[float | None, typer.Option(help="Years of the synthetic market [5, quick 3].")] = None,
    pairs: Annotated[int | None, typer.Option(help="orchestration: graph and direct runs, each [2].")] = None,
    sizes: Annotated[str | None, typer.Option(help="symbols: numbers of symbols [46,92,184].")] = None,
    repeats: Annotated[int, typer.Option(help="symbols: runs a size; the median counts.")] = 1,
    seeds: Annotated[str | None, typer.Option(help="verdicts: seeds [0,1,2]; gate: the first one.")] = None,
    draws: Annotated[
        int | None, typer.Option(min=12, help="gate: draws of each kind of null [1250, quick 48].")
    ] = None,
    power_draws: Annotated[
        int | None, typer.Option(min=1, help="gate: draws of each world with skill [200, quick 8].")
    ] = None,
    workers: Annotated[int, typer.Option(min=0, help="gate, pipeline: processes; 0 uses this one.")] = 2,
    kinds: Annotated[str | None, typer.Option(help="pipeline: markets such as iid,garch,edge_0.12 [all].")] = None,
    runs: Annotated[int | None, typer.Option(min=1, help="pipeline: runs on each market [2, quick 1].")] = None,
    time_limit: Annotated[float | None, typer.Option(help="pipeline: seconds after which no run begins.")] = None,
    report_only: Annotated[bool, typer.Option("--report-only", help="pipeline: sum up the stored runs.")] = False,
    full: Annotated[bool, typer.Option("--full", help="verdicts: through the graph, not by plain calls.")] = False,
    home: Annotated[
        Path | None, typer.Option(help="State folder of demo and replay, kept; default: a fresh one.")
    ] = None,
) -> None:
    """Measure the product against its limits; exit code 1 when a limit is missed at full size."""
    if unknown := set(names or ()) - set(BENCHMARKS):
        raise typer.BadParameter(f"no benchmark {', '.join(sorted(unknown))}; there are {', '.join(BENCHMARKS)}")
    given = {
        "count": count,
        "years": years,
        "pairs": pairs,
        "sizes": None if sizes is None else numbers(sizes),
        "seeds": None if seeds is None else numbers(seeds),
        "draws": draws,
        "power_draws": power_draws,
        "kinds": None if kinds is None else tuple(kinds.split(",")),
        "runs": runs,
    }
    chosen = {**(QUICK if quick else {}), **{name: value for name, value in given.items() if value is not None}}
    missed: list[str] = []
    with ExitStack() as leaving:
        folder = Path(leaving.enter_context(tempfile.TemporaryDirectory()))
        options = Options(
            home=home.absolute() if home else leaving.enter_context(scratch_home()),
            experiments=write_light(folder / "light") if quick else None,
            open_gates=write_light(folder / "open", open_gates=True) if quick else None,
            repeats=repeats,
            workers=workers,
            time_limit=time_limit,
            report_only=report_only,
            results=out,
            full=full,
            quick=quick,
            **chosen,
        )
        for name in names or BENCHMARKS:
            progress.print(f"[bold]{name}[/bold]")
            machine = machine_facts()
            result = BENCHMARKS[name](options)
            show(result, quick)
            write(result, machine, quick, out)
            missed += [f"{name}: {figure.name}" for figure in result.figures if figure.passed is False]
    people.print("\n" + ", ".join(f"{name} {value}" for name, value in machine_facts().items()))
    for line in missed:
        people.print(f"[bold]FAIL[/bold]  {line}")
    if missed and not quick:
        sys.exit(1)


if __name__ == "__main__":
    # a terminated benchmark leaves through its finally blocks, which stop what it started
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command()(main)
    try:
        app()
    except JobFailedError as error:
        sys.exit(f"benchmarks: {error}")
