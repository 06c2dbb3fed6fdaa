"""Warm caches: compiled kernels and file pages, so that a figure is not the price of a first run."""

from __future__ import annotations

import tempfile
from functools import lru_cache
from pathlib import Path

from benchmarks.child import run_graph, run_job
from benchmarks.light import write_light

MARKET = {"kind": "planted", "symbols": 8, "years": 3.0, "seed": 0}


@lru_cache(maxsize=1)
def warm_up() -> None:
    """Run graph and plain calls once on a small market; once an invocation."""
    with tempfile.TemporaryDirectory() as folder:
        light = write_light(Path(folder) / "experiments")
        run_graph(MARKET, light)
        run_job("direct", MARKET, experiments=light)
