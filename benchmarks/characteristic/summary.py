"""Rates over judged draws: how often a gate promotes, and how often what it promotes is worthless."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.characteristic.exact import clopper_pearson
from benchmarks.characteristic.judge import POLICY, RULES, Record
from benchmarks.characteristic.world import FIRST, PERIODS, SESSIONS

Promotes = Callable[[Record], bool]

YEARS = (SESSIONS - FIRST) / PERIODS
GATES: dict[str, Promotes] = {
    "the product's gate": lambda one: one.promoted,
    "the product's gate, trials N = fits": lambda one: one.promoted_fits,
    "the product's gate, N = 1 and no PBO": lambda one: one.unguarded,
    "best backtest above 0": lambda one: one.sharpe > 0.0,
    "Sharpe ratio >= 1": lambda one: one.sharpe >= 1.0,
    "t > 2 on the best": lambda one: one.sharpe * YEARS**0.5 > 2.0,
    "PBO < 0.5 alone": lambda one: one.pbo < 0.5,
    "DSR > 0.95 alone, N = 1": lambda one: one.probabilistic > 0.95,
    "DSR >= 0.95 alone, N = K": lambda one: one.deflated >= 0.95,
    "SPA <= 0.05 alone": lambda one: one.spa <= 0.05,
}
"""Gates that decide on the same draws; all of them judge the candidate with the highest walk-forward Sharpe ratio."""


@dataclass(frozen=True)
class Share:
    """``hits`` of ``count``, with the two-sided exact 95 % interval."""

    hits: int
    count: int

    @property
    def rate(self) -> float:
        """Share of the hits."""
        return self.hits / self.count

    @property
    def interval(self) -> tuple[float, float]:
        """Clopper-Pearson."""
        return clopper_pearson(self.hits, self.count)

    def __str__(self) -> str:
        low, high = self.interval
        return f"{100 * self.rate:.3g} % ({100 * low:.3g} to {100 * high:.3g})"


def share(records: Iterable[Record], holds: Promotes) -> Share:
    """How often a condition holds."""
    found = [holds(record) for record in records]
    return Share(sum(found), len(found))


def false_promotions(records: Iterable[Record], promotes: Promotes) -> Share:
    """How often a gate promotes a candidate whose true net Sharpe ratio is not above 0."""
    return share(records, lambda record: promotes(record) and record.truth <= 0.0)


def true_promotions(records: Iterable[Record], promotes: Promotes) -> Share:
    """How often a gate promotes a candidate that has skill."""
    return share(records, lambda record: promotes(record) and record.truth > 0.0)


@dataclass(frozen=True)
class RuleShares:
    """One rule over some draws.

    ``alone``: the rule passes, whatever the others say. ``without``: all others pass, so this is what the gate would
    promote if the rule were left out. ``refuses``, ``first`` and ``only``: the rule refuses; it is the first in the
    order of the gate to refuse; no other rule refuses.
    """

    rule: str
    alone: Share
    without: Share
    refuses: Share
    first: Share
    only: Share


def rule_shares(records: Sequence[Record], fits: bool = False) -> tuple[RuleShares, ...]:
    """Every rule of the gate, in its order.

    Parameters
    ----------
    fits : deflate by the fits of the ledger instead of by its configurations.
    """
    passed = np.array([record.passed for record in records], dtype=bool)
    if fits:
        passed[:, RULES.index("deflated_sharpe")] = [
            record.deflated_fits >= POLICY.min_deflated_sharpe for record in records
        ]
    failing = (~passed).sum(axis=1)
    first = np.where(failing > 0, np.argmin(passed, axis=1), -1)
    count = len(records)
    return tuple(
        RuleShares(
            rule=rule,
            alone=Share(int(passed[:, index].sum()), count),
            without=Share(int((failing == ~passed[:, index]).sum()), count),
            refuses=Share(int((~passed[:, index]).sum()), count),
            first=Share(int((first == index).sum()), count),
            only=Share(int(((failing == 1) & ~passed[:, index]).sum()), count),
        )
        for index, rule in enumerate(RULES)
    )
