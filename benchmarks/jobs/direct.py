"""The chain as plain function calls, on a synthetic market."""

from __future__ import annotations

import json
import sys
import time
from typing import Any

from benchmarks.direct import run_direct
from market_assets.assets.seeding import compute_for
from market_assets.core.market.synthetic import SyntheticSpec, synthesize
from market_assets.experiments.loader import load_experiment
from market_assets.resources.compute import ComputeResource
from market_assets.settings import Settings


def measure(market: dict[str, Any], settings: Settings) -> dict[str, Any]:
    """Seconds by stage, evidence and verdict; the market itself is made before the clock starts."""
    experiment = load_experiment(settings.experiments / "direction_daily.yaml")
    machine = ComputeResource(
        device=settings.device, threads=settings.threads, workers=settings.workers, memory_mb=settings.memory_mb
    )
    compute = compute_for(experiment, machine)
    panel = synthesize(SyntheticSpec(**market)).panel
    begin = time.perf_counter()
    evidence, verdict, clock = run_direct(experiment, panel, compute)
    return {
        "seconds": time.perf_counter() - begin,
        "stages": clock.seconds,
        "evidence": evidence.to_payload(),
        "verdict": verdict.to_payload(),
    }


if __name__ == "__main__":
    json.dump(measure(json.loads(sys.argv[1]), Settings.from_environment()), sys.stdout)
