"""The command that compiles numerical kernels before they are needed."""

from __future__ import annotations

import time
from collections.abc import Iterator

import typer

from market_assets.cli.options import Json
from market_assets.cli.output import emit, progress

PROCESSES = 2
LONGEST = ("alpha158", "technical", "labels", "cross_sectional", "microstructure")
"""Begun first; the others follow."""


def tasks() -> Iterator[str]:
    """What is compiled: the labels, and every feature family. The longest are there before the registry is read."""
    yield from LONGEST
    from market_assets.core.features.registry import FAMILIES

    yield from sorted({*FAMILIES, "labels"} - set(LONGEST))


def compile_task(task: str) -> tuple[str, float]:
    """Run the code of one task on a market of a few symbols; its name and the seconds that took.

    numba keeps what it compiled on disk, by types of arguments: they are those of a run.
    """
    from market_assets.core.features.registry import FAMILIES
    from market_assets.core.labels.spec import LabelSpec
    from market_assets.core.labels.triple_barrier import triple_barrier
    from market_assets.core.market.adjust import adjust
    from market_assets.core.market.synthetic import SyntheticSpec, synthesize

    begin = time.perf_counter()
    panel = adjust(synthesize(SyntheticSpec(kind="planted", symbols=4, years=1.0, seed=0)).panel)
    if task == "labels":
        triple_barrier(panel, LabelSpec())
    else:
        FAMILIES[task].compute(panel)
    return task, time.perf_counter() - begin


def warm(json: Json = False) -> None:
    """Compile the numerical kernels of features and labels now, on two cores, so that the first run does not wait.

    `make setup` does it. What is compiled already is left alone; after a change of the code it is compiled again.
    """
    from concurrent.futures import ProcessPoolExecutor, as_completed
    from multiprocessing import get_context

    begin, compiled = time.perf_counter(), dict[str, float]()
    with ProcessPoolExecutor(PROCESSES, get_context("spawn")) as pool:
        for done in as_completed([pool.submit(compile_task, task) for task in tasks()]):
            task, compiled[task] = done.result()
            progress.print(f"compiled {task} in {compiled[task]:.1f} s")
    if json:
        emit({"seconds": {task: round(seconds, 3) for task, seconds in compiled.items()}})
    progress.print(f"all kernels of features and labels are compiled, {time.perf_counter() - begin:.1f} s")


def attach(app: typer.Typer) -> None:
    """Add the command to the tool."""
    app.command()(warm)
