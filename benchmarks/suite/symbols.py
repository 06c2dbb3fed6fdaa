"""Cost against the number of symbols: a straight line or not."""

from __future__ import annotations

from statistics import median
from typing import Any

from benchmarks.child import run_graph
from benchmarks.linear import linearity
from benchmarks.options import Options
from benchmarks.result import Figure, Limit, Result, Table
from benchmarks.warm import warm_up

WITHIN = Limit("<=", 0.20, "issue 2")


def variable_seconds(graph: dict[str, Any]) -> float:
    """Bars to gate report: everything but the start of services and session, and the champion's own run."""
    return graph["ingest_seconds"] + graph["snapshot_seconds"] + graph["seconds"]


def layer_seconds(graph: dict[str, Any]) -> dict[str, float]:
    """Seconds of ingest, snapshot and every layer; the champion is left out."""
    parts = {"ingest": graph["ingest_seconds"], "cut": graph["snapshot_seconds"]}
    for name, seconds in graph["layers"]:
        if name != "champion":
            parts[name] = parts.get(name, 0.0) + seconds
    return parts


def run(options: Options) -> Result:
    """Markets of growing size through the graph; the middle of ``repeats`` runs counts for a size."""
    warm_up()
    runs: dict[int, list[tuple[dict[str, Any], float]]] = {size: [] for size in options.sizes}
    for _ in range(options.repeats):  # sizes in turn, so that a slow phase of the machine hits all of them
        for size in options.sizes:
            graph, ran = run_graph(options.market(symbols=size), options.experiments)
            runs[size].append((graph, ran.tree_mib))
    seconds = [median(variable_seconds(graph) for graph, _ in runs[size]) for size in options.sizes]
    line = linearity(options.sizes, seconds)
    parts = {size: layer_seconds(runs[size][0][0]) for size in options.sizes}
    return Result(
        "symbols",
        "Cost against symbols: bars to gate report, fixed start-up excluded",
        {"symbols": list(options.sizes), "years": options.years, "repeats": options.repeats},
        (
            Figure("deviation from linear: |last / first marginal cost - 1|", line.deviation, "", WITHIN),
            Figure("last over first marginal cost", line.ratio),
            Figure("largest distance from the line", line.residual, "share"),
            Figure("slope", line.slope, "s a symbol"),
            Figure("intercept", line.intercept, "s"),
        ),
        (
            Table(
                "Sizes",
                ("symbols", "s", "s a symbol", "marginal s a symbol", "peak MiB of the tree", "start-up s"),
                tuple(
                    (
                        size,
                        taken,
                        taken / size,
                        None if index == 0 else line.marginal[index - 1],
                        max(mib for _, mib in runs[size]),
                        runs[size][0][0]["startup_seconds"],
                    )
                    for index, (size, taken) in enumerate(zip(options.sizes, seconds, strict=True))
                ),
            ),
            Table(
                "Layers, s",
                ("layer", *(str(size) for size in options.sizes)),
                tuple((name, *(parts[size].get(name) for size in options.sizes)) for name in parts[options.sizes[-1]]),
            ),
        ),
    )
