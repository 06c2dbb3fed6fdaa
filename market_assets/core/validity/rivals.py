"""What a candidate must beat: simple rules on its own days, and the shape of its labels without any forecast (J5)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from market_assets.core.errors import BadInputError
from market_assets.core.execution.spec import CostSpec
from market_assets.core.folds.training_set import TrainingSet
from market_assets.core.market.panel import Floats
from market_assets.core.statistics.bootstrap import return_intervals, stationary_indices
from market_assets.core.statistics.series import as_matrix, as_returns
from market_assets.core.validity.card import CardSpec, make_card


@dataclass(frozen=True)
class Difference:
    """Mean net return a year of the candidate less that of a rule, with its interval; ``sharpe`` is the rule's own."""

    name: str
    sharpe: float | None
    difference: float
    low: float
    high: float

    def to_payload(self) -> dict[str, Any]:
        """JSON-able form."""
        return asdict(self)


@dataclass(frozen=True)
class LabelBets:
    """Taking labels as bets: how many, share won, and mean net return of a bet with its interval."""

    name: str
    bets: int
    win_rate: float
    mean: float
    low: float
    high: float

    def to_payload(self) -> dict[str, Any]:
        """JSON-able form."""
        return asdict(self)


def against_rules(
    best: Floats, rules: Floats, names: Sequence[str], spec: CardSpec, seed: int
) -> tuple[Difference, ...]:
    """Hold net returns of a candidate (T,) against those of simple rules (T, B) over the same periods.

    Raises
    ------
    BadInputError
        rule ``rule_returns``: another length, or not one column a name.
    NotEnoughDataError
        fewer than two periods.
    """
    own, others = as_returns(best, minimum=2), as_matrix(rules)
    if others.shape != (own.size, len(names)):
        raise BadInputError("rule_returns", f"returns {others.shape} are not {own.size} periods x {len(names)} rules")
    found = []
    for name, column in zip(names, others.T, strict=True):
        gap = own - column
        ends = return_intervals(
            gap, reps=spec.bootstrap_reps, mean_block=spec.mean_block, seed=seed, level=spec.level
        ).mean
        year = spec.periods_per_year
        sharpe = make_card("rule", name, column, spec, seed).figures["sharpe"]
        found.append(Difference(name, sharpe, float(gap.mean()) * year, ends.low * year, ends.high * year))
    return tuple(found)


def round_trip(costs: CostSpec) -> float:
    """Cost of entering and leaving a bet of the smallest size, as a share of it."""
    return 2.0 * (costs.fee_rate + costs.slippage[0][1] * 1e-4)


def label_bets(
    data: TrainingSet, probability: Floats, costs: CostSpec, spec: CardSpec, seed: int
) -> tuple[LabelBets, ...]:
    """Every label that was forecast (n,) as a bet: always long, always short, and on the side of the forecast.

    A label's geometry alone can win often and earn nothing; a forecast is worth its mean net return above the better of
    the first two, not its share of wins. Intervals resample sessions: bets of one session move together.

    Raises
    ------
    NotEnoughDataError
        when fewer than two sessions have a forecast with a known outcome.
    """
    known = ~np.isnan(probability) & np.isfinite(data.ret)
    outcome, session = data.ret[known], data.t0[known]
    sides = {
        "every label long": np.ones(outcome.size),
        "every label short": -np.ones(outcome.size),
        "side of the forecast": np.where(probability[known] >= 0.5, 1.0, -1.0),
    }
    _, place = np.unique(session, return_inverse=True)
    count = np.bincount(place).astype(np.float64) if place.size else np.empty(0)
    as_returns(count, minimum=2)
    drawn = stationary_indices(count.size, spec.mean_block, spec.bootstrap_reps, seed)
    tails = np.array([0.5 - spec.level / 2.0, 0.5 + spec.level / 2.0])
    bets = []
    for name, side in sides.items():
        net = side * outcome - round_trip(costs)
        total = np.bincount(place, weights=net)
        means = total[drawn].sum(axis=1) / count[drawn].sum(axis=1)
        low, high = np.quantile(means, tails)
        bets.append(LabelBets(name, net.size, float(np.mean(net > 0.0)), float(net.mean()), float(low), float(high)))
    return tuple(bets)
