"""Features of a large universe through the store: bars, snapshot, rows written and read back verified."""

from __future__ import annotations

from typing import Any

from benchmarks.child import run_job
from benchmarks.linear import linearity
from benchmarks.options import Options
from benchmarks.result import Figure, Limit, Result, Table
from benchmarks.state_folder import scratch_home

SIZES, QUICK_SIZES = (300, 600, 1200), (10, 20, 40)
WARM = 8  # symbols of a first market that is not counted: it compiles the kernels
FAMILIES = ("technical", "cross_sectional", "microstructure")
WITHIN = Limit("<=", 0.20, "issue 2")
MEMORY = Limit("<=", 6 * 1024, "A12")


def seconds(snapshot: dict[str, Any], beginning: str, clock: str) -> float:
    """Seconds of the parts whose name begins so."""
    return sum(part[clock] for name, part in snapshot["seconds"].items() if name.startswith(beginning))


def total(snapshot: dict[str, Any], clock: str) -> float:
    """Seconds of everything; writing is a part of storing."""
    return seconds(snapshot, "", clock) - seconds(snapshot, "write ", clock)


def split(snapshot: dict[str, Any], clock: str) -> tuple[float, float, float]:
    """Seconds of computing, writing and reading all families."""
    stored, written, read = (seconds(snapshot, name, clock) for name in ("store ", "write ", "read "))
    return stored - written, written, read


def run(options: Options) -> Result:
    """Markets of growing size, each in a fresh database and process."""
    sizes = QUICK_SIZES if options.quick else SIZES
    found = []
    for size in (WARM, *sizes):
        asked = {
            "market": options.market(symbols=size),
            "cuts": [0],
            "families": list(FAMILIES),
            "check": False,
        }
        with scratch_home() as home:
            out, ran = run_job("feature_store", asked, home)
        if size != WARM:
            found.append((size, out["snapshots"][0], out["peak_mib"], ran.tree_mib))
    line = linearity(sizes, [total(snapshot, "cores") for _, snapshot, _, _ in found])
    size, last, peak, _ = found[-1]
    columns = sum(family["columns"] for family in last["families"].values())
    compute, write, read = split(last, "wall")
    return Result(
        "scale",
        "Features of a large universe through the store",
        {"symbols": list(sizes), "years": options.years, "columns": columns, "families": list(FAMILIES)},
        (
            Figure("peak memory of the process", peak, "MiB", MEMORY),
            Figure("deviation from linear, core seconds: |last / first marginal cost - 1|", line.deviation, "", WITHIN),
            Figure(f"rows of {columns} columns computed", last["rows"] / compute, "a second"),
            Figure(f"rows of {columns} columns written", last["rows"] / write, "a second"),
            Figure(f"rows of {columns} columns read back verified", last["rows"] / read, "a second"),
        ),
        (
            Table(
                "Sizes: seconds by the wall, and of the cores (process and server)",
                (
                    "symbols",
                    "rows",
                    "compute",
                    "write",
                    "read",
                    "all",
                    "compute c",
                    "write c",
                    "read c",
                    "all c",
                    "MiB",
                ),
                tuple(
                    (
                        size,
                        one["rows"],
                        *split(one, "wall"),
                        total(one, "wall"),
                        *split(one, "cores"),
                        total(one, "cores"),
                        mib,
                    )
                    for size, one, mib, _ in found
                ),
            ),
            Table(
                "Parts of the largest, s",
                ("part", "wall", "cores"),
                tuple((name, part["wall"], part["cores"]) for name, part in last["seconds"].items()),
            ),
        ),
    )
