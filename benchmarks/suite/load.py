"""Time to load the code location in a fresh process, and what it imports."""

from __future__ import annotations

from statistics import median

from benchmarks.child import run_job
from benchmarks.options import Options
from benchmarks.result import Figure, Limit, Result, Table
from benchmarks.warm import warm_up

SECONDS = Limit("<=", 5.0, "issue 2")
NO_HEAVY = Limit("==", 0, "issue 2: none of torch, xgboost, lightgbm, catboost")


def run(options: Options) -> Result:
    """Load it several times; the limit holds for the slowest."""
    if not options.quick:
        warm_up()
    runs = [run_job("load", {}) for _ in range(2 if options.quick else 5)]
    loads = [payload for payload, _ in runs]
    seconds = [one["seconds"] for one in loads]
    heavy = sorted({name for one in loads for name in one["heavy"]})
    return Result(
        "load",
        "Code location load in a fresh process",
        {"loads": len(loads), "assets": loads[0]["assets"]},
        (
            Figure("slowest load", max(seconds), "s", SECONDS),
            Figure("median load", median(seconds), "s"),
            Figure("heavy modules imported", len(heavy), "", NO_HEAVY),
            Figure("memory after load", max(ran.alone_mib for _, ran in runs), "MiB"),
        ),
        (
            Table(
                "Loads",
                ("import s", "repository s", "whole process s", "modules", "heavy"),
                tuple(
                    (
                        one["import_seconds"],
                        one["repository_seconds"],
                        ran.seconds,
                        one["modules"],
                        ", ".join(one["heavy"]) or "none",
                    )
                    for one, ran in runs
                ),
            ),
        ),
    )
