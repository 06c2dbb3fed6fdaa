"""The graph on a synthetic market, as the command line drives it, with the clock read between its parts."""

from __future__ import annotations

import json
import sys
import time
from typing import Any

import polars as pl

from market_assets.automation.jobs import name_snapshot
from market_assets.cli.data import ingest_source, source_config
from market_assets.cli.outcome import run_experiment
from market_assets.cli.session import open_session


def measure(market: dict[str, Any]) -> dict[str, Any]:
    """Seconds of session, ingest, snapshot and layers; evidence and verdict as stored.

    The champion's layer stands apart: it runs only where something was promoted.
    """
    options = {name: value for name, value in market.items() if name != "kind"}
    begin = time.perf_counter()
    with open_session() as session:
        ready = time.perf_counter()
        names = ingest_source(session, source_config(market["kind"], options), None)
        ingested = time.perf_counter()
        last = session.warehouse.bars.as_of(session.clock.now(), names).select(pl.col("ts").max()).item()
        snapshot_id = name_snapshot(session.instance, session.warehouse, session.governance, session.clock, last, names)
        cut = time.perf_counter()
        outcome = run_experiment(session, session.experiment("direction_daily"), snapshot_id)
        done = time.perf_counter()
    if not outcome.report:
        sys.exit(f"the graph stopped before its gate report: {', '.join(outcome.refused_by)}")
    layers = [(run.layer.name, run.seconds) for run in outcome.runs]
    champion = sum(seconds for name, seconds in layers if name == "champion")
    payload = outcome.payload()
    return {
        "startup_seconds": ready - begin,
        "ingest_seconds": ingested - ready,
        "snapshot_seconds": cut - ingested,
        "seconds": done - ingested - champion,
        "champion_seconds": champion,
        "layers": layers,
        "stages": payload["stages"],
        "evidence": outcome.report["evidence"],
        "verdict": outcome.report["verdict"],
        "outcome": outcome.verdict,
        "model_version": outcome.model_version,
    }


if __name__ == "__main__":
    json.dump(measure(json.loads(sys.argv[1])), sys.stdout, default=str)
