"""The family alpha158 against qlib, installed as benchmarks/peers/requirements-features.txt says."""

from __future__ import annotations

from benchmarks.child import run_job
from benchmarks.options import Options
from benchmarks.peers import alpha158
from benchmarks.result import Figure, Limit, Result, Table

DEMANDS = {"qlib handler": 50.0, "qlib engine": 30.0}


def run(options: Options) -> Result:
    """Equality on every column, then ratios of medians, then the peak memory of processes of their own."""
    symbols, days = alpha158.size(options.quick)
    found, seconds = alpha158.compare(options.quick)
    ways = {"ours": "alpha158", **({"qlib handler": "qlib"} if found else {})}
    peaks = {
        name: run_job("feature_peak", {"way": way, "symbols": symbols, "days": days})[0]["peak_mib"]
        for name, way in ways.items()
    }
    figures = [Figure("ours over a kernel that only writes", seconds["ours"] / seconds["limit"], "x")]
    if found:
        equal = sum(count for count, *_ in found.values())
        figures.append(Figure("columns equal to qlib's", equal, "of 158", Limit("==", 158, "performance demand")))
        for name, demand in DEMANDS.items():
            limit = Limit(">=", demand, "performance demand")
            figures.append(Figure(f"times faster than the {name}", seconds[name] / seconds["ours"], "x", limit))
    times = tuple((name, value, value / seconds["ours"], peaks.get(name)) for name, value in seconds.items())
    differences = tuple((kind, *values) for kind, values in found.items())
    return Result(
        "alpha158",
        "Alpha158 against qlib",
        {"symbols": symbols, "days": days, "qlib": "0.9.7" if found else "not installed"},
        tuple(figures),
        (
            Table("Time", ("way", "median s", "over ours", "peak MiB of a process"), times),
            Table(
                "Largest difference by operator",
                ("operator", "columns equal", "in standard deviations", "tolerance", "equal"),
                differences,
            ),
        ),
    )
