"""The leakage proof (C13): change everything after a cut, and demand the same bytes before it.

Raw bars are changed, not adjusted ones, so that the adjustment stands trial together with the features.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from market_assets.core.errors import NotEnoughDataError
from market_assets.core.features.base import MAX_LOOKBACK, Family
from market_assets.core.features.perturb import VARIANTS
from market_assets.core.market.adjust import adjust
from market_assets.core.market.panel import Floats, Panel

CAUSALITY_VERSION = "1"
"""Change with any change of the proof or of the perturbations."""

MAX_LISTED = 50
"""Violations listed one by one; the count is always complete."""


@dataclass(frozen=True)
class Violation:
    """A past value that moved with the future: ``ts`` is the past bar, ``cut`` the end of what was known."""

    feature: str
    symbol: str
    ts: str
    cut: str
    variant: str


@dataclass(frozen=True)
class CausalityResult:
    """Outcome of the proof for one family.

    ``compared`` counts defined past values that were compared; ``violations_count`` those that changed; ``leaks`` names
    every feature with a change; ``violations`` lists at most ``MAX_LISTED`` of them.
    """

    family: str
    version: str
    cuts: tuple[str, ...]
    variants: tuple[str, ...]
    compared: int
    violations_count: int
    leaks: tuple[str, ...]
    violations: tuple[Violation, ...]

    @property
    def passed(self) -> bool:
        """True when something was compared and nothing changed."""
        return self.compared > 0 and self.violations_count == 0

    def to_payload(self) -> dict[str, Any]:
        """JSON-able form, with ``passed`` and ``proof_version``."""
        return {
            **asdict(self),
            "cuts": list(self.cuts),
            "variants": list(self.variants),
            "leaks": list(self.leaks),
            "violations": [asdict(item) for item in self.violations],
            "passed": self.passed,
            "proof_version": CAUSALITY_VERSION,
        }


def default_cuts(panel: Panel, n: int = 3, seed: int = 0) -> tuple[np.datetime64, ...]:
    """``n`` cuts, one drawn from each of ``n`` equal stretches of the sessions after the warm-up.

    Raises
    ------
    NotEnoughDataError
        when fewer than ``n`` sessions lie between the warm-up and the last session.
    """
    sessions, _ = panel.sessions()
    edges = np.linspace(MAX_LOOKBACK, len(sessions) - 1, n + 1).astype(np.int64)
    if n < 1 or np.any(np.diff(edges) < 1):
        raise NotEnoughDataError(
            f"the leakage proof needs {n} cuts after {MAX_LOOKBACK} sessions, the panel has {len(sessions)} sessions"
        )
    rng = np.random.Generator(np.random.PCG64(seed))
    return tuple(sessions[int(rng.integers(low, high))] for low, high in pairwise(edges.tolist()))


def prove_causal(family: Family, raw_panel: Panel, cuts: Sequence[np.datetime64], seed: int) -> CausalityResult:
    """Recompute ``family`` with the future after each cut changed, and with it dropped; compare the past bit by bit.

    Costs one computation of the family plus one for every cut and variant.

    Parameters
    ----------
    family : the family on trial.
    raw_panel : bars as traded, before adjustment.
    cuts : times; rows with ``ts <= cut`` must not change when later rows do.
    seed : of the noise.

    Raises
    ------
    NotEnoughDataError
        when there is no cut, when a cut has no bars on one side, or when every value before a cut is NaN: a proof
        that compares nothing proves nothing.
    """
    if not len(cuts):
        raise NotEnoughDataError(f"family {family.name}: the leakage proof got no cuts")
    clean = family.compute(adjust(raw_panel))
    compared = count = 0
    leaks: set[str] = set()
    listed: list[Violation] = []
    for number, cut in enumerate(cuts):
        past = raw_panel.ts <= cut
        if past.all() or not past.any():
            raise NotEnoughDataError(f"family {family.name}: cut {cut} needs bars on both sides")
        known = _past_values(clean, past)
        defined = int(np.count_nonzero(~np.isnan(known)))
        if defined == 0:
            raise NotEnoughDataError(f"family {family.name}: no value is defined up to cut {cut}")
        for variant, change in VARIANTS.items():
            rng = np.random.Generator(np.random.PCG64([seed, number]))
            other = change(raw_panel, ~past, rng)
            again = _past_values(family.compute(adjust(other)), other.ts <= cut)
            compared += defined
            moved = _moved(known, again)
            if not moved.any():
                continue
            count += int(moved.sum())
            leaks.update(family.names[column] for column in np.flatnonzero(moved.any(axis=1)))
            listed += _list(moved, family, raw_panel, past, cut, variant, MAX_LISTED - len(listed))
    return CausalityResult(
        family=family.name,
        version=family.version,
        cuts=tuple(str(cut) for cut in cuts),
        variants=tuple(VARIANTS),
        compared=compared,
        violations_count=count,
        leaks=tuple(name for name in family.names if name in leaks),
        violations=tuple(listed),
    )


def _past_values(values: Floats, past: NDArray[np.bool_]) -> Floats:
    """Feature-major copy (k, n_past) of the rows marked ``past``."""
    return np.ascontiguousarray(values.T[:, past], dtype=np.float64)


def _moved(known: Floats, again: Floats) -> NDArray[np.bool_]:
    """Where the bits differ; NaN equals NaN whatever its payload, but 0.0 differs from -0.0."""
    if known.shape != again.shape:
        raise ValueError(f"the family returned {again.shape} past values where {known.shape} were due")
    return (known.view(np.int64) != again.view(np.int64)) & ~(np.isnan(known) & np.isnan(again))


def _list(
    moved: NDArray[np.bool_],
    family: Family,
    panel: Panel,
    past: NDArray[np.bool_],
    cut: np.datetime64,
    variant: str,
    room: int,
) -> list[Violation]:
    """The first ``room`` changes, feature by feature."""
    codes, stamps = panel.symbol_codes()[past], panel.ts[past]
    return [
        Violation(family.names[column], panel.symbols[codes[row]], str(stamps[row]), str(cut), variant)
        for column, row in np.argwhere(moved)[:room]
    ]
