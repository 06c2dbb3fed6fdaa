"""Labels and their uniqueness against peers, installed as benchmarks/peers/requirements-labels.txt says."""

from __future__ import annotations

from benchmarks.options import Options
from benchmarks.peers import labels
from benchmarks.peers.random_panel import random_panel
from benchmarks.result import Figure, Limit, Result, Table
from market_assets.cli.output import progress


def run(options: Options) -> Result:
    """Equal results first, then ratios; a peer that is not installed is left out."""
    sizes = labels.QUICK_SIZES if options.quick else labels.SIZES
    drawn = labels.QUICK_DRAWN if options.quick else labels.DRAWN
    found: list[labels.Measured] = []
    for size in sizes:
        panel = random_panel(*size)
        found += labels.array_barriers(panel)
        found += filter(None, [labels.mlfinpy_barriers(panel)])
        progress.print(f"triple barrier, {size[0]} x {size[1]}")
    panel = random_panel(*sizes[0])
    found += filter(None, [labels.mlfinpy_uniqueness(panel)])
    bootstraps = [one for days in drawn if (one := labels.mlfinpy_bootstrap(days))]
    found += bootstraps
    times = [one.times for one in found]
    figures = [
        Figure(
            f"{one.workload} against {one.peer}, {one.size}",
            one.ratio,
            "x",
            Limit(">=", one.demand, "performance demand"),
        )
        for one in times
    ]
    count, ours = labels.own_bootstrap(panel)
    figures.append(Figure(f"sequential bootstrap, {count} draws of {count} labels, ours", ours, "s"))
    if bootstraps:
        largest = bootstraps[-1].times
        seconds = labels.extrapolated(largest.theirs, int(largest.size.split()[0]), count)
        figures.append(Figure("the same by mlfinpy, extrapolated by the cube of the labels, not run", seconds, "s"))
    rows = tuple((one.workload, one.peer, one.size, one.ours, one.theirs, one.ratio, shown) for one, shown in found)
    columns = ("workload", "peer", "size", "ours s", "peer s", "ratio", "results")
    return Result(
        "labels",
        "Labels against peers, results compared first",
        {"symbols x days": ", ".join(f"{symbols} x {days}" for symbols, days in sizes)},
        tuple(figures),
        (Table("Time", columns, rows),),
    )
