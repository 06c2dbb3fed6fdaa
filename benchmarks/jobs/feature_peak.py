"""Peak memory of one way to compute features, in a process that does nothing else."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

from benchmarks.peers.random_panel import random_panel
from market_assets.core.features.base import Family


def high_water_mib() -> float:
    """Most resident memory of this process; not ``ru_maxrss``, which keeps the parent's figure over a fork."""
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def family_of(way: str) -> Family:
    """A registered family, or ``classic``: the part of ``technical`` that has peers."""
    if way == "classic":
        from benchmarks.peers.technical import CLASSIC

        return CLASSIC
    from market_assets.core.features.registry import FAMILIES

    return FAMILIES[way]


def main(way: str, symbols: int, days: int) -> float:
    """Compute once and return the peak in MiB, input and imports included."""
    panel = random_panel(symbols, days)
    if way == "qlib":
        from benchmarks.peers.qlib_alpha import Qlib, write_store

        with tempfile.TemporaryDirectory() as name:
            write_store(panel, Path(name))
            Qlib(Path(name)).handler()
    else:
        family_of(way).compute(panel)
    return high_water_mib()


if __name__ == "__main__":
    sys.stdout.write(json.dumps({"peak_mib": main(**json.loads(sys.argv[1]))}))
