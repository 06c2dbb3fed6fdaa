"""Time and peak memory of a stage, as metadata every materialization carries."""

from __future__ import annotations

import os
import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_CLEAR = Path("/proc/self/clear_refs")
_STATUS = Path("/proc/self/status")


def _reset_peak() -> None:
    if os.access(_CLEAR, os.W_OK):
        _CLEAR.write_text("5")


def peak_rss_mb() -> float:
    """Peak resident memory of this process in MiB (since the last reset where the kernel allows one)."""
    if _STATUS.exists():
        for line in _STATUS.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


@contextmanager
def measured() -> Iterator[dict[str, float]]:
    """Fill the yielded dict with ``seconds`` and ``peak_rss_mb`` on the way out."""
    figures: dict[str, float] = {}
    _reset_peak()
    begin = time.perf_counter()
    try:
        yield figures
    finally:
        figures["seconds"] = round(time.perf_counter() - begin, 3)
        figures["peak_rss_mb"] = round(peak_rss_mb(), 1)
