"""The machine a figure was read on: what matters to it, and nothing that names it."""

from __future__ import annotations

import os
import platform
from pathlib import Path
from typing import Any

import psutil

from market_assets.resources.machine import cores

CPU_FACTS = Path("/proc/cpuinfo")


def processor(facts: Path = CPU_FACTS) -> str:
    """Model name of the first core, or the architecture where the kernel does not tell."""
    if facts.exists():
        for line in facts.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.machine()


def machine_facts() -> dict[str, Any]:
    """Cores, memory, Python and how busy the machine was when it was asked."""
    return {
        "cores": cores(),
        "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
        "processor": processor(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "load_average_1m": round(os.getloadavg()[0], 2),
    }
