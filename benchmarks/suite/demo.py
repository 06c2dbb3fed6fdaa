"""The main job in a fresh state folder, set-up of the environment excluded, and the same command again."""

from __future__ import annotations

from typing import Any

from benchmarks.child import parse, run_tool
from benchmarks.options import Options
from benchmarks.processes import Ran
from benchmarks.result import Figure, Limit, Result, Table
from benchmarks.warm import warm_up

SECONDS = Limit("<=", 300.0, "issue 2, 2 cores")
MEMORY = Limit("<=", 4096.0, "issue 2, 2 cores")
SAME = Limit("==", 1, "issue 2: nothing done twice")


def demo(options: Options) -> tuple[dict[str, Any], Ran]:
    """Run ``market-assets demo planted --json`` in the state folder of the options."""
    sizes = ["--count", str(options.count), "--years", str(options.years)]
    ran = run_tool(["demo", "planted", "--json", *sizes], options.home, options.open_gates)
    return parse(ran, "market-assets demo"), ran


def stage_peak(payload: dict[str, Any]) -> float:
    """Largest peak that a stage read from the kernel, in MiB: it misses nothing between two samples."""
    return max((figures.get("peak_rss_mb", 0.0) for figures in payload["stages"].values()), default=0.0)


def stage_rows(first: dict[str, Any], again: dict[str, Any]) -> tuple[tuple[Any, ...], ...]:
    """A row a stage: seconds and peak memory of the first run, seconds of the second."""
    second = again["stages"]
    return tuple(
        (name, figures.get("seconds"), figures.get("peak_rss_mb"), second.get(name, {}).get("seconds"))
        for name, figures in first["stages"].items()
    )


def run(options: Options) -> Result:
    """Measure both runs; the state folder must be fresh.

    Raises
    ------
    FileExistsError
        when the state folder holds something.
    """
    if options.home.exists() and any(options.home.iterdir()):
        raise FileExistsError("benchmark demo needs a fresh state folder; leave --home out or give an empty one")
    warm_up()
    first, ran = demo(options)
    again, reran = demo(options)
    same = first["snapshot_id"] == again["snapshot_id"] and first["model_version"] == again["model_version"]
    return Result(
        "demo",
        "Main job: bars to verdict and report, environment set-up excluded",
        {"symbols": options.count, "years": options.years, "verdict": first["verdict"]},
        (
            Figure("wall of the whole command", ran.seconds, "s", SECONDS),
            Figure("peak memory, process tree and servers", ran.tree_mib, "MiB", MEMORY),
            Figure("peak memory, process alone", max(ran.alone_mib, stage_peak(first)), "MiB"),
            Figure("snapshot to verdict", first["wall_seconds"], "s"),
            Figure("the same command again", reran.seconds, "s"),
            Figure("second run: same snapshot and model", int(same), "", SAME),
        ),
        (
            Table("Stages", ("stage", "s", "peak MiB", "s again"), stage_rows(first, again)),
            Table(
                "Runs",
                ("layer", "s", "s again"),
                tuple(
                    (one["layer"], one["seconds"], two["seconds"])
                    for one, two in zip(first["runs"], again["runs"], strict=True)
                ),
            ),
        ),
    )
