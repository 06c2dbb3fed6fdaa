"""The classic technical set against TA-Lib, polars-talib and pandas-ta-classic, where they are installed."""

from __future__ import annotations

from benchmarks.child import run_job
from benchmarks.options import Options
from benchmarks.peers import technical
from benchmarks.peers.indicators import INDICATORS, NO_PEER
from benchmarks.peers.random_panel import random_panel
from benchmarks.peers.timing import agree, interleaved
from benchmarks.result import Figure, Limit, Result, Table

DEMANDS = {"TA-Lib": 2.0, "polars-talib": 2.0, "pandas-ta-classic": 50.0}
SIZES, QUICK_SIZES = ((46, 1260), (500, 2520)), ((4, 600),)
MOST_MIB = 1024.0
EQUAL = 1e-6
"""Largest difference, in standard deviations of the column, of values that count as equal."""


def run(options: Options) -> Result:
    """Columns of equal definition are shown equal; then medians at both sizes, and the peak of a process of ours."""
    sizes = QUICK_SIZES if options.quick else SIZES
    columns = technical.differences(random_panel(3, 1260)) if technical.installed("TA-Lib") else []
    same = [name for name, _, apart, _ in columns if apart is not None]
    agree(all(apart < EQUAL for _, _, apart, _ in columns if apart is not None), "technical set")
    figures = (
        [Figure("columns of equal definition, shown equal", len(same), f"of {len(INDICATORS)}")] if columns else []
    )
    times = []
    for symbols, days in sizes:
        panel = random_panel(symbols, days)
        small = panel.n_rows < 100_000
        seconds = interleaved(technical.calls(panel, slow=small), 5 if small else 3, warm=True)
        peak = run_job("feature_peak", {"way": "classic", "symbols": symbols, "days": days})[0]["peak_mib"]
        size = f"{symbols} x {days}"
        figures.append(Figure(f"peak memory, {size}", peak, "MiB", Limit("<=", MOST_MIB, "performance demand")))
        for name, value in seconds.items():
            times.append((size, name, value, value / seconds["ours"]))
            if name in DEMANDS:
                limit = Limit(">=", DEMANDS[name], "performance demand")
                figures.append(Figure(f"times faster than {name}, {size}", value / seconds["ours"], "x", limit))
    return Result(
        "technical",
        f"Technical set: {len(technical.CLASSIC.names)} columns of ours, {len(INDICATORS)} of each peer",
        {"sizes": ", ".join(f"{symbols} x {days}" for symbols, days in sizes), "without a peer": ", ".join(NO_PEER)},
        tuple(figures),
        (
            Table("Time", ("size", "way", "median s", "over ours"), tuple(times)),
            Table("Columns", ("ours", "TA-Lib", "apart, standard deviations", "why not equal"), tuple(columns)),
        ),
    )
