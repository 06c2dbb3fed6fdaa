"""Alpha158 against qlib: equality of every column, then time beside a kernel that only writes."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numba import njit

from benchmarks.peers.qlib_alpha import Qlib, write_store
from benchmarks.peers.random_panel import age_of_rows, random_panel
from benchmarks.peers.timing import interleaved
from market_assets.core.features.alpha158 import ALPHA158
from market_assets.core.market.panel import Floats, Panel

TOLERANCE = 1e-6
LOOSER = {"CORR": 2e-4, "CORD": 2e-4, "WVMA": 2e-4}
"""qlib takes the logarithms, quotients and products inside these in float32."""


def installed() -> bool:
    """Whether qlib can be imported here."""
    return find_spec("qlib") is not None


def deviations(names: Sequence[str], ours: Floats, theirs: Floats) -> dict[str, tuple[int, float, float, bool]]:
    """For every operator: columns, largest difference in standard deviations of the column, tolerance, all equal.

    Equal is ``|ours - theirs| <= tolerance x (|theirs| + standard deviation of the column)`` in every row, none NaN.
    """
    found: dict[str, tuple[int, float, float, bool]] = {}
    for k, name in enumerate(names):
        kind = name.rstrip("0123456789")
        tolerance = LOOSER.get(kind, TOLERANCE)
        spread = float(np.std(theirs[:, k]))
        apart = np.abs(ours[:, k] - theirs[:, k])
        equal = bool(np.all(apart <= tolerance * (np.abs(theirs[:, k]) + spread)))
        count, largest, _, before = found.get(kind, (0, 0.0, tolerance, True))
        found[kind] = (count + equal, max(largest, float(apart.max()) / spread), tolerance, before and equal)
    return found


@njit(cache=True)
def _fill(out: Floats) -> None:
    for k in range(out.shape[0]):
        for i in range(out.shape[1]):
            out[k, i] = 1.0


def only_writes(panel: Panel) -> Floats:
    """The limit: a fresh array of the result's size, written once."""
    out = np.empty((len(ALPHA158.names), panel.n_rows))
    _fill(out)
    return out


def size(quick: bool) -> tuple[int, int]:
    """Symbols and days."""
    return (6, 300) if quick else (46, 1260)


def compare(quick: bool) -> tuple[dict[str, tuple[int, float, float, bool]], dict[str, float]]:
    """Deviations by operator (empty without qlib), and median seconds of ours, the limit and qlib."""
    panel = random_panel(*size(quick))
    calls: dict[str, Callable[[], object]] = {
        "ours": lambda: ALPHA158.compute(panel),
        "limit": lambda: only_writes(panel),
    }
    if not installed():
        return {}, interleaved(calls, 7)
    with tempfile.TemporaryDirectory() as name:
        write_store(panel, Path(name))
        qlib = Qlib(Path(name))
        if tuple(qlib.names) != ALPHA158.names:
            raise AssertionError("qlib's columns are others")
        late = age_of_rows(panel) >= ALPHA158.lookback
        found = deviations(ALPHA158.names, ALPHA158.compute(panel)[late], qlib.engine()[late].astype(np.float64))
        calls |= {"qlib engine": qlib.engine, "qlib handler": qlib.handler}
        return found, interleaved(calls, 1 if quick else 3)
