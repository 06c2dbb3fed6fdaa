"""Share of a run that is orchestration: the graph against the same functions called directly, interleaved."""

from __future__ import annotations

from typing import Any

from benchmarks.child import run_graph, run_job
from benchmarks.options import Options
from benchmarks.result import Figure, Limit, Result, Table
from benchmarks.share import orchestration_share
from benchmarks.warm import warm_up

SHARE = Limit("<=", 0.15, "issue 2")
SAME = Limit("==", 1, "the comparison is void otherwise")

STAGES = {
    "quality": ("quality", "quality_report"),
    "features": ("technical", "cross_sectional", "regime", "volatility"),
    "leakage": ("leakage_report",),
    "labels": ("labels",),
    "label_report": ("label_report",),
    "training_set": ("training_set",),
    "fold_plan": ("fold_plan",),
    "feature_diagnostics": ("feature_diagnostics",),
    "fold_models": ("xgboost", "lightgbm", "catboost", "random_forest", "elastic_net"),
    "importance": ("importance",),
    "out_of_fold": ("out_of_fold", "calibration"),
    "backtest": ("backtest",),
    "validity": ("validity",),
    "gate": ("gate_report",),
}
"""Stage of the plain calls -> last parts of the asset keys that do the same."""


def direct_stages(seconds: dict[str, float]) -> dict[str, float]:
    """Seconds of the plain calls by stage; ``features/technical`` counts as ``features``."""
    total = dict.fromkeys(STAGES, 0.0)
    for name, value in seconds.items():
        total[name.partition("/")[0]] += value
    return total


def graph_stages(stages: dict[str, dict[str, float]]) -> dict[str, float]:
    """Seconds inside the assets by stage, snapshot and champion left out."""
    stage_of = {asset: stage for stage, assets in STAGES.items() for asset in assets}
    total = dict.fromkeys(STAGES, 0.0)
    for key, figures in stages.items():
        if stage := stage_of.get(key.rpartition("/")[2]):
            total[stage] += figures.get("seconds", 0.0)
    return total


def comparable(evidence: dict[str, Any]) -> dict[str, Any]:
    """What both ways must agree on: all of the evidence, whatever the order of its candidates."""
    named = sorted(evidence["candidates"], key=lambda candidate: candidate["name"])
    return {**evidence, "candidates": named, "pbo_columns": sorted(evidence["pbo_columns"])}


def run(options: Options) -> Result:
    """Pairs of fresh processes, graph and plain calls in turn, on the same market, seeds and compute."""
    warm_up()
    market = options.market()
    graphs, directs = [], []
    for pair in range(options.pairs):
        both = [
            lambda: graphs.append(run_graph(market, options.experiments)[0]),
            lambda: directs.append(run_job("direct", market, experiments=options.experiments)[0]),
        ]
        for one in both if pair % 2 == 0 else reversed(both):  # neither way always goes first
            one()
    found = orchestration_share(
        [one["snapshot_seconds"] + one["seconds"] for one in graphs], [one["seconds"] for one in directs]
    )
    same = all(
        comparable(graph["evidence"]) == comparable(direct["evidence"])
        for graph, direct in zip(graphs, directs, strict=True)
    )
    inside, plain = graph_stages(graphs[0]["stages"]), direct_stages(directs[0]["stages"])
    return Result(
        "orchestration",
        "Share of wall time that is orchestration: bars ingested to gate report, against plain calls",
        {"symbols": options.count, "years": options.years, "pairs": options.pairs},
        (
            Figure("orchestration share of the run", found.share, "", SHARE),
            Figure("graph, bars ingested to gate report", found.graph_seconds, "s"),
            Figure("the same functions called directly", found.direct_seconds, "s"),
            Figure("both give the same evidence", int(same), "", SAME),
        ),
        (
            Table(
                "Pairs",
                ("graph s", "direct s", "share", "session s", "ingest s"),
                tuple(
                    (
                        graph["snapshot_seconds"] + graph["seconds"],
                        direct["seconds"],
                        orchestration_share([graph["snapshot_seconds"] + graph["seconds"]], [direct["seconds"]]).share,
                        graph["startup_seconds"],
                        graph["ingest_seconds"],
                    )
                    for graph, direct in zip(graphs, directs, strict=True)
                ),
            ),
            Table(
                "Stages of the first pair",
                ("stage", "inside the assets s", "direct s"),
                tuple((stage, inside[stage], plain[stage]) for stage in STAGES),
            ),
            Table(
                "Runs of the first graph", ("layer", "s"), tuple((name, value) for name, value in graphs[0]["layers"])
            ),
        ),
    )
