"""Everything the validity report holds: coverage, stress windows, scorecards and path gaps of the candidates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from market_assets.core.conformal.coverage import CoverageReport
from market_assets.core.conformal.walk_forward import ConformalSpec, walk_forward_coverage
from market_assets.core.execution.backtest import Backtest
from market_assets.core.execution.contribution import symbol_contributions
from market_assets.core.execution.spec import CostSpec, PortfolioSpec
from market_assets.core.folds.out_of_fold import OutOfFold
from market_assets.core.folds.plan import FoldPlan
from market_assets.core.folds.training_set import TrainingSet
from market_assets.core.market.grid import PriceGrid
from market_assets.core.market.panel import Floats
from market_assets.core.spec import spec
from market_assets.core.validity.card import CardSpec
from market_assets.core.validity.market_state import (
    REGIMES,
    Codes,
    lagged,
    market_level,
    market_regimes,
    market_returns,
)
from market_assets.core.validity.scorecards import Scorecards, scorecards
from market_assets.core.validity.stress import StressCards, StressSpec, StressWindow, stress_cards, stress_windows

VALIDITY_VERSION = "1"


@spec
class ValiditySpec:
    """How validity is measured: conformal sets, stress windows, and the intervals of every card."""

    conformal: ConformalSpec = ConformalSpec()
    stress: StressSpec = StressSpec()
    cards: CardSpec = CardSpec()


@dataclass(frozen=True, eq=False)
class MarketState:
    """Regime code and stress windows of the sessions of a grid, as known when they are used."""

    regimes: Codes
    windows: tuple[StressWindow, ...]

    @staticmethod
    def of(grid: PriceGrid, events: ArrayLike, stress: StressSpec) -> MarketState:
        """From the equal-weight market of the grid and dates known in advance."""
        level = market_level(market_returns(grid))
        return MarketState(market_regimes(level), stress_windows(grid, events, stress))


def coverage_of(
    probability: Floats, data: TrainingSet, plan: FoldPlan, regimes: Codes, spec: ConformalSpec
) -> tuple[tuple[CoverageReport, ...], dict[str, int]]:
    """Coverage of one family's walk-forward forecasts (n,) by method, and how many were not judged, by cause.

    ``regimes`` are codes of the sessions of ``data`` (S,).
    """
    found = walk_forward_coverage(
        probability,
        data.y,
        data.trainable,
        data.t0,
        data.t1,
        regimes[data.t0],
        data.ts.astype("datetime64[Y]").astype(np.int64) + 1970,
        data.code,
        fold_starts=[fold.test[0][0] for fold in plan.folds if fold.kind == "walk_forward"],
        sessions=data.sessions.size,
        spec=spec,
        regime_names=REGIMES,
    )
    return found.reports, found.left_out


def cards_of(
    run: Backtest,
    grid: PriceGrid,
    state: MarketState,
    portfolio: PortfolioSpec,
    costs: CostSpec,
    spec: ValiditySpec,
    seed: int,
) -> tuple[Scorecards, tuple[StressCards, ...]]:
    """Scorecards and stress cards of one walk-forward account, which runs over the last sessions of the grid."""
    first = len(grid.sessions) - len(run.sessions)
    cards = scorecards(
        run.net,
        run.sessions,
        lagged(state.regimes, 2, -1)[first:],
        symbol_contributions(grid, run, costs, portfolio),
        grid.symbols,
        spec.cards,
        seed,
    )
    windows = tuple(StressWindow(one.name, one.inside[first:], one.known[first:]) for one in state.windows)
    return cards, stress_cards(run.net, windows, spec.cards, seed)


def assess_validity(
    grid: PriceGrid,
    data: TrainingSet,
    plan: FoldPlan,
    predictions: Mapping[str, OutOfFold],
    runs: Mapping[str, Backtest],
    portfolio: PortfolioSpec,
    costs: CostSpec,
    spec: ValiditySpec,
    *,
    seed: int,
    events: Sequence[str] = (),
) -> dict[str, Any]:
    """JSON-able validity report, one entry a candidate.

    Parameters
    ----------
    grid : adjusted prices of the traded symbols.
    runs : walk-forward account of every candidate, as ``evaluate`` returns them.
    events : ISO dates of scheduled events.
    """
    state = MarketState.of(grid, np.array(events, dtype="datetime64[D]"), spec.stress)
    row = np.searchsorted(grid.sessions, data.sessions)
    report = {}
    for name, part in predictions.items():
        coverage, left_out = coverage_of(part.walk_forward, data, plan, state.regimes[row], spec.conformal)
        cards, stress = cards_of(runs[name], grid, state, portfolio, costs, spec, seed)
        report[name] = {
            "coverage": {one.method: one.to_payload() for one in coverage},
            "left_out": left_out,
            "scorecards": cards.to_payload(),
            "stress": [
                {"name": one.inside.kind, "inside": one.inside.to_payload(), "outside": one.outside.to_payload()}
                for one in stress
            ],
        }
    return {"version": VALIDITY_VERSION, "seed": seed, "events": len(events), "candidates": report}
