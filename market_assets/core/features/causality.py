"""The leakage proof (C13): change everything after a cut, and demand the same bytes before it.

At each cut everything later becomes noise for half of the symbols and a million times larger for the others, and is
deleted. ``trials`` says on which parts of the panel, and why a part is enough. The clean values of a part are computed
once for all its variants, and the changed parts are made and adjusted once for all families.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from market_assets.core.errors import NotEnoughDataError
from market_assets.core.features.base import MAX_LOOKBACK, Family
from market_assets.core.features.side_family import has_data, side_series
from market_assets.core.features.trials import Trial, Trials
from market_assets.core.market.panel import Floats, Panel

CAUSALITY_VERSION = "5"
"""Change with any change of the proof, of its trials or of the perturbations."""

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
class Tried:
    """One variant at one cut: the part of the panel, and how many defined past values were compared and moved."""

    cut: str
    scope: str
    variant: str
    symbols: int
    sessions: int
    compared: int
    moved: int


@dataclass(frozen=True)
class CausalityResult:
    """Outcome of the proof for one family.

    ``compared`` counts defined past values that were compared; ``violations_count`` those that changed; ``leaks`` names
    every feature with a change; ``violations`` lists at most ``MAX_LISTED`` of them. ``trials`` says what was tried.
    ``undefined`` names features without a value up to any cut: nothing is known of them. ``rows`` counts the bars that
    the family computed for the proof. ``state`` says the outcome in words: a family of side series that the panel does
    not hold up to the cuts has nothing to prove, which is no pass.
    """

    family: str
    version: str
    cuts: tuple[str, ...]
    variants: tuple[str, ...]
    compared: int
    violations_count: int
    leaks: tuple[str, ...]
    violations: tuple[Violation, ...]
    trials: tuple[Tried, ...] = ()
    undefined: tuple[str, ...] = ()
    rows: int = 0

    @property
    def passed(self) -> bool:
        """True when something was compared and nothing changed."""
        return self.compared > 0 and self.violations_count == 0

    @property
    def state(self) -> Literal["proven", "leaking", "no data"]:
        """What the proof came to."""
        if self.violations_count:
            return "leaking"
        return "proven" if self.compared else "no data"

    def to_payload(self) -> dict[str, Any]:
        """JSON-able form, with ``passed``, ``state`` and ``proof_version``."""
        return {
            **{name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()},
            "passed": self.passed,
            "state": self.state,
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
    """Recompute ``family`` with the future after each cut changed; compare the past bit by bit.

    Parameters
    ----------
    family : the family on trial.
    raw_panel : bars as traded, before adjustment.
    cuts : times; rows with ``ts <= cut`` must not change when later rows do.
    seed : of the noise and of the choice of symbols.

    Raises
    ------
    NotEnoughDataError
        when there is no cut, when a cut has no bars on one side, or when every value before the cuts is NaN: a proof
        that compares nothing proves nothing. For a family of side series the result says ``no data`` instead.
    """
    return prove_on(family, Trials(raw_panel, cuts, seed))


def prove_families(
    families: Iterable[Family], raw_panel: Panel, cuts: Sequence[np.datetime64], seed: int
) -> list[CausalityResult]:
    """:func:`prove_causal` for several families on the same trials."""
    trials = Trials(raw_panel, cuts, seed)
    return [prove_on(family, trials) for family in families]


def prove_on(family: Family, trials: Trials) -> CausalityResult:
    """The proof of one family on trials that are there already.

    A feature that no part of the panel defines is tried once more on everything; what is still undefined is named.
    """
    case = _Case(family)
    if has_data(family, trials.raw):
        for trial in trials.of(family):
            case.hear(trial)
        if not case.defined.all():
            case.hear(trials.everything)
    if not case.defined.any() and not side_series(family):
        raise NotEnoughDataError(f"family {family.name}: no value is defined up to cut {trials.cuts[-1]}")
    return CausalityResult(
        family=family.name,
        version=family.version,
        cuts=tuple(str(cut) for cut in trials.cuts),
        variants=tuple(dict.fromkeys(one.variant for one in case.tried)),
        compared=sum(one.compared for one in case.tried),
        violations_count=sum(one.moved for one in case.tried),
        leaks=tuple(name for name in family.names if name in case.leaks),
        violations=tuple(case.listed),
        trials=tuple(case.tried),
        undefined=tuple(np.array(family.names)[~case.defined].tolist()),
        rows=case.rows,
    )


class _Case:
    """What the trials of one family have shown so far."""

    def __init__(self, family: Family) -> None:
        self.family = family
        self.defined = np.zeros(len(family.names), dtype=np.bool_)
        self.tried: list[Tried] = []
        self.leaks: set[str] = set()
        self.listed: list[Violation] = []
        self.rows = 0

    def hear(self, trial: Trial) -> None:
        """Compute the clean part once, every changed one, and compare."""
        known = _past_values(self.family.compute(trial.panel), trial.past)
        there = ~np.isnan(known)
        self.defined |= there.any(axis=1)
        self.rows += trial.rows
        for change in trial.changed:
            with np.errstate(all="ignore"):  # the changed bars are absurd on purpose
                again = _past_values(self.family.compute(change.panel), change.past)
            self._record(trial, change.variant, int(np.count_nonzero(there)), _moved(known, again))

    def _record(self, trial: Trial, variant: str, compared: int, moved: NDArray[np.bool_]) -> None:
        self.tried.append(
            Tried(
                cut=str(trial.cut),
                scope=trial.scope,
                variant=variant,
                symbols=int(np.count_nonzero(np.diff(trial.panel.offsets))),
                sessions=trial.sessions,
                compared=compared,
                moved=int(np.count_nonzero(moved)),
            )
        )
        if not moved.any():
            return
        self.leaks.update(self.family.names[column] for column in np.flatnonzero(moved.any(axis=1)))
        codes, stamps = trial.panel.symbol_codes()[trial.past], trial.panel.ts[trial.past]
        self.listed += [
            Violation(
                self.family.names[column],
                trial.panel.symbols[codes[row]],
                str(stamps[row]),
                str(trial.cut),
                variant,
            )
            for column, row in np.argwhere(moved)[: MAX_LISTED - len(self.listed)]
        ]


def _past_values(values: Floats, past: NDArray[np.bool_]) -> Floats:
    """Feature-major copy (k, n_past) of the rows marked ``past``."""
    return np.ascontiguousarray(values.T[:, past], dtype=np.float64)


def _moved(known: Floats, again: Floats) -> NDArray[np.bool_]:
    """Where the bits differ; NaN equals NaN whatever its payload, but 0.0 differs from -0.0."""
    if known.shape != again.shape:
        raise ValueError(f"the family returned {again.shape} past values where {known.shape} were due")
    return (known.view(np.int64) != again.view(np.int64)) & ~(np.isnan(known) & np.isnan(again))
