"""Everything the validity report holds: coverage, stress windows, scorecards and path gaps of the candidates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike
from pydantic import Field

from market_assets.core.conformal.coverage import CoverageReport
from market_assets.core.conformal.return_intervals import ReturnIntervalSpec
from market_assets.core.conformal.walk_forward import ConformalSpec
from market_assets.core.execution.backtest import Backtest
from market_assets.core.execution.contribution import symbol_contributions
from market_assets.core.execution.evaluate import walk_forward_account
from market_assets.core.execution.returns import Returns
from market_assets.core.execution.spec import CostSpec, PortfolioSpec
from market_assets.core.folds.out_of_fold import OutOfFold
from market_assets.core.folds.plan import FoldPlan
from market_assets.core.folds.training_set import TrainingSet
from market_assets.core.gates.collect import EvaluationSpec
from market_assets.core.market.grid import PriceGrid
from market_assets.core.market.panel import Floats
from market_assets.core.spec import spec
from market_assets.core.statistics.trial_variance import trial_variance
from market_assets.core.validity.card import CardSpec
from market_assets.core.validity.family_coverage import coverage_of, interval_coverage
from market_assets.core.validity.in_sample import in_sample_account, in_sample_gap
from market_assets.core.validity.market_state import (
    Codes,
    lagged,
    market_level,
    market_regimes,
    market_returns,
)
from market_assets.core.validity.rivals import against_rules, label_bets
from market_assets.core.validity.scorecards import Scorecards, scorecards
from market_assets.core.validity.second_opinions import SecondOpinions, second_opinions
from market_assets.core.validity.stress import StressCards, StressSpec, StressWindow, stress_cards, stress_windows

VALIDITY_VERSION = "3"


@spec
class ValiditySpec:
    """How validity is measured: conformal sets and intervals, stress windows, and the intervals of every card.

    The gate looks at the coverage of ``method`` in the slices of the kinds ``slices`` that hold at least
    ``min_rows`` rows on ``min_sessions`` sessions: below that, noise alone is wider than any honest limit.
    ``events`` are dates fixed in advance, such as those of policy meetings; their sessions are a stress window.
    """

    conformal: ConformalSpec = ConformalSpec()
    intervals: ReturnIntervalSpec = ReturnIntervalSpec()
    stress: StressSpec = StressSpec()
    cards: CardSpec = CardSpec()
    method: Literal["return interval", "split", "mondrian", "adaptive"] = "return interval"
    slices: tuple[Literal["volatility", "regime", "year", "volatility x year", "regime x year"], ...] = (
        "volatility",
        "year",
        "volatility x year",
        "regime x year",
    )
    min_rows: int = Field(default=1500, ge=1)
    min_sessions: int = Field(default=40, ge=1)
    events: tuple[date, ...] = ()


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


def opinions_of(returns: Returns, best: str, evaluation: EvaluationSpec, trials: int, seed: int) -> SecondOpinions:
    """Second opinions on one candidate, deflated and resampled as the gate does."""
    net = returns.walk_forward[returns.first :]
    return second_opinions(
        net,
        returns.candidates,
        best,
        trials=trials,
        trial_variance=trial_variance(net, returns.candidates.index(best)),
        periods_per_year=evaluation.periods_per_year,
        reps=evaluation.bootstrap_reps,
        mean_block=evaluation.mean_block,
        seed=seed,
    )


def worst_slice(reports: Sequence[CoverageReport], spec: ValiditySpec) -> dict[str, Any] | None:
    """Slice that the gate looks at: name, rows, sessions, coverage, distance from nominal; None without a large one."""
    report = next(one for one in reports if one.method == spec.method)
    found = report.worst(spec.min_rows, spec.min_sessions, spec.slices)
    if found is None:
        return None
    gap = abs(found.coverage - report.nominal)
    return {"slice": found.name, "rows": found.n, "sessions": found.sessions, "coverage": found.coverage, "gap": gap}


def coverage_gaps(report: Mapping[str, Any]) -> dict[str, float | None]:
    """Distance of each candidate's worst conformal slice from nominal, from a report; None = no slice is large."""
    return {name: one["worst"]["gap"] if one["worst"] else None for name, one in report["coverage"].items()}


def assess_validity(
    grid: PriceGrid,
    data: TrainingSet,
    plan: FoldPlan,
    predictions: Mapping[str, OutOfFold],
    portfolio: PortfolioSpec,
    costs: CostSpec,
    spec: ValiditySpec,
    *,
    best: str | None,
    returns: Returns,
    evaluation: EvaluationSpec,
    trials: int,
    seed: int,
    in_sample: Floats | None = None,
) -> dict[str, Any]:
    """JSON-able validity report: coverage of every candidate; cards, rivals, second opinions and more on the best one.

    Parameters
    ----------
    grid : adjusted prices of the traded symbols.
    best : the candidate the gate judges; None = no cards.
    returns : net returns of the candidates and of the simple rules.
    evaluation, trials : sizes of the gate's statistics, and the number of trials it deflates by.
    in_sample : forecasts (n,) of the best candidate's last walk-forward model on the rows that trained it, NaN
        elsewhere; None = no models at hand, no gap between the samples.
    """
    state = MarketState.of(grid, np.array(spec.events, dtype="datetime64[D]"), spec.stress)
    regimes = state.regimes[np.searchsorted(grid.sessions, data.sessions)]
    coverage = {}
    for name, part in predictions.items():
        sets, left_out = coverage_of(part.walk_forward, data, plan, regimes, spec.conformal, seed)
        reports = (*sets, interval_coverage(part.walk_forward, grid, data, regimes, spec.intervals))
        coverage[name] = {
            "methods": {one.method: one.to_payload() for one in reports},
            "left_out": left_out,
            "worst": worst_slice(reports, spec),
        }
    report: dict[str, Any] = {
        "version": VALIDITY_VERSION,
        "seed": seed,
        "events": len(spec.events),
        "best": best,
        "coverage": coverage,
    }
    if best is not None:
        run = walk_forward_account(grid, data, plan, predictions[best].walk_forward, portfolio, costs)
        cards, stress = cards_of(run, grid, state, portfolio, costs, spec, seed)
        report["scorecards"] = cards.to_payload()
        rules = returns.rules_by_name()
        against = against_rules(run.net, np.column_stack(list(rules.values())), tuple(rules), spec.cards, seed)
        bets = label_bets(data, predictions[best].walk_forward, costs, spec.cards, seed)
        report["rivals"] = [one.to_payload() for one in against]
        report["label_bets"] = [one.to_payload() for one in bets]
        report["second_opinions"] = opinions_of(returns, best, evaluation, trials, seed).to_payload()
        report["sample_gap"] = None
        if in_sample is not None:
            inside = in_sample_account(grid, data, in_sample, portfolio, costs)
            report["sample_gap"] = in_sample_gap(inside, run.net, evaluation.periods_per_year).to_payload()
        report["stress"] = [
            {"name": one.inside.kind, "inside": one.inside.to_payload(), "outside": one.outside.to_payload()}
            for one in stress
        ]
    return report
