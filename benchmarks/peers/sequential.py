"""Sequential bootstrap against vectorised numpy: all uniqueness values anew for every draw, by cumulative sums."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from benchmarks.peers.timing import Comparison, agree, best_of, once
from market_assets.core.labels.sequential import sequential_draws
from market_assets.core.labels.spec import LabelSpec
from market_assets.core.labels.triple_barrier import triple_barrier
from market_assets.core.market.adjust import adjust
from market_assets.core.market.panel import Panel
from market_assets.core.market.synthetic import SyntheticSpec, synthesize

Floats = NDArray[np.float64]
Ints = NDArray[np.int32]
TIMED_DRAWS = 200  # numpy needs the same time for every draw, so the rest is counted, not waited for


def intervals(panel: Panel, spec: LabelSpec) -> tuple[Ints, Ints, Ints, int]:
    """Symbol, first and last session of every defined label of a panel, and the number of sessions."""
    labels = triple_barrier(panel, spec)
    sessions, session = panel.sessions()
    rows = labels.defined
    t1 = np.searchsorted(sessions, labels.end_ts[rows]).astype(np.int32)
    return panel.symbol_codes()[rows], session[rows].astype(np.int32), t1, sessions.size


def numpy_draws(code: Ints, t0: Ints, t1: Ints, n_sessions: int, uniforms: Floats) -> NDArray[np.int64]:
    """The draws of labels sorted by symbol and start."""
    start, end = (code.astype(np.int64) * n_sessions + t for t in (t0, t1))
    length = end - start + 1
    held = np.ones((int(code.max()) + 1) * n_sessions)
    drawn = np.empty(uniforms.size, np.int64)
    for turn, uniform in enumerate(uniforms):
        shares = np.concatenate([[0.0], np.cumsum(1.0 / held)])
        cumulated = np.cumsum((shares[end + 1] - shares[start]) / length)
        drawn[turn] = np.searchsorted(cumulated, uniform * cumulated[-1], side="right")
        held[start[drawn[turn]] : end[drawn[turn]] + 1] += 1.0
    return drawn


def compare(quick: bool) -> Comparison:
    """As many draws as labels, on 46 symbols x 5 years of triple-barrier labels held up to 10 sessions."""
    market = SyntheticSpec(symbols=8, years=2.0) if quick else SyntheticSpec()
    labels = intervals(adjust(synthesize(market).panel), LabelSpec())
    uniforms = np.random.default_rng(0).random(labels[0].size)
    first = uniforms[:TIMED_DRAWS]
    agree(np.array_equal(sequential_draws(*labels, uniforms)[:TIMED_DRAWS], numpy_draws(*labels, first)), "draws")
    return Comparison(
        "sequential bootstrap",
        f"vectorised numpy ({TIMED_DRAWS} draws, scaled)",
        f"{uniforms.size} draws of {uniforms.size} labels",
        best_of(lambda: sequential_draws(*labels, uniforms), 3),
        once(lambda: numpy_draws(*labels, first)) * uniforms.size / TIMED_DRAWS,
        demand=100.0,
    )
