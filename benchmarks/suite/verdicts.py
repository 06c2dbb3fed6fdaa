"""Verdicts on markets whose truth is known: planted must be promoted, null refused."""

from __future__ import annotations

from typing import Any

from benchmarks.child import run_graph, run_job
from benchmarks.options import Options
from benchmarks.result import Figure, Limit, Result, Table
from benchmarks.warm import warm_up

COLUMNS = ("market", "seed", "verdict", "best", "Sharpe", "low", "high", "DSR", "PBO", "SPA")
"""Columns of the table of figures."""
WANTED = {"planted": True, "null": False}


def verdict_row(kind: str, seed: int, found: dict[str, Any]) -> tuple[Any, ...]:
    """One row of figures, from evidence and verdict of a run."""
    evidence = found["evidence"]
    names = ("sharpe", "sharpe_low", "sharpe_high", "deflated_sharpe", "pbo", "spa_consistent")
    figures = (None if evidence[name] is None else round(evidence[name], 3) for name in names)
    verdict = "promoted" if found["verdict"]["passed"] else "refused"
    return (kind, seed, verdict, evidence["best"] or "none", *figures)


def closed_gates(found: dict[str, Any]) -> str:
    """Names of the rules that did not pass."""
    return ", ".join(reason["gate"] for reason in found["verdict"]["reasons"] if not reason["passed"]) or "none"


def correct(rows: list[tuple[Any, ...]], kind: str) -> int:
    """Markets of a kind with the verdict their truth asks for."""
    wanted = "promoted" if WANTED[kind] else "refused"
    return sum(row[0] == kind and row[2] == wanted for row in rows)


def run(options: Options) -> Result:
    """Every seed of both markets, by plain calls or (``full``) through the graph, each in a fresh process."""
    if options.full:
        warm_up()
    rows: list[tuple[Any, ...]] = []
    closed: list[tuple[Any, ...]] = []
    for kind in WANTED:
        for seed in options.seeds:
            market = options.market(kind=kind, seed=seed)
            if options.full:
                found = run_graph(market, options.experiments)[0]
            else:
                found = run_job("direct", market, experiments=options.experiments)[0]
            rows.append(verdict_row(kind, seed, found))
            closed.append((kind, seed, closed_gates(found)))
    every = Limit("==", len(options.seeds), "issue 2")
    return Result(
        "verdicts",
        "Verdicts on markets whose truth is known",
        {
            "symbols": options.count,
            "years": options.years,
            "seeds": list(options.seeds),
            "way": "graph" if options.full else "plain calls",
        },
        (
            Figure("planted promoted", correct(rows, "planted"), f"of {len(options.seeds)}", every),
            Figure("null refused", correct(rows, "null"), f"of {len(options.seeds)}", every),
        ),
        (
            Table("Verdicts", COLUMNS, tuple(rows)),
            Table("Rules that did not pass", ("market", "seed", "rules"), tuple(closed)),
        ),
    )
