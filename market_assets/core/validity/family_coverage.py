"""Conformal coverage of one family's walk-forward forecasts: sets of directions, intervals of returns."""

from __future__ import annotations

import numpy as np

from market_assets.core.conformal.coverage import CoverageReport, Measured, coverage_report
from market_assets.core.conformal.return_intervals import ReturnIntervalSpec, return_intervals
from market_assets.core.conformal.slicing import Slicing
from market_assets.core.conformal.walk_forward import ConformalSpec, walk_forward_coverage
from market_assets.core.folds.plan import FoldPlan
from market_assets.core.folds.training_set import TrainingSet
from market_assets.core.market.grid import PriceGrid
from market_assets.core.market.panel import Floats
from market_assets.core.validity.market_state import REGIMES, VOLATILITY, Codes, volatility_state
from market_assets.core.validity.next_session import next_session_returns, relative_range

RETURN_INTERVAL = "return interval"
"""Name of the method of ``return_intervals`` beside those of ``walk_forward_coverage``."""


def tie_draws(data: TrainingSet, seed: int) -> Floats:
    """Uniform draws (n,) by session and symbol: those of earlier sessions stay when later ones are added."""
    generator = np.random.Generator(np.random.PCG64(seed))
    return generator.random((data.sessions.size, len(data.symbols)))[data.t0, data.code]


def interval_coverage(
    probability: Floats, grid: PriceGrid, data: TrainingSet, regimes: Codes, spec: ReturnIntervalSpec
) -> CoverageReport:
    """Coverage of the intervals of one family's next-session returns, by volatility, regime, year and their pairs.

    Parameters
    ----------
    probability : (n,) walk-forward forecasts of the rows of ``data``, NaN where there is none.
    regimes : codes of the sessions of ``data`` (S,).

    Raises
    ------
    NotEnoughDataError
        when no row can be judged.
    """
    session = np.searchsorted(grid.sessions, data.sessions)[data.t0]
    name = np.array([grid.symbols.index(symbol) for symbol in data.symbols])[data.code]
    outcome = (next_session_returns(grid) / relative_range(grid, spec.scale_window))[session, name]
    last = data.sessions.size - 1
    regime = regimes[data.t0]
    found = return_intervals(
        probability,
        outcome,
        volatility_state(regime),
        data.t0,
        np.minimum(data.t0 + 2, last).astype(np.int32),
        sessions=data.sessions.size,
        spec=spec,
    )
    judged = ~np.isnan(found.score) & ~np.isnan(found.half_width)
    by_year = Slicing.of(data.ts[judged].astype("datetime64[Y]").astype(np.int64) + 1970)
    by_volatility = Slicing.of(volatility_state(regime[judged]), dict(enumerate(VOLATILITY)) | {-1: "unknown"})
    by_regime = Slicing.of(regime[judged], dict(enumerate(REGIMES)) | {-1: "unknown"})
    slices = {
        "volatility": by_volatility,
        "regime": by_regime,
        "year": by_year,
        "volatility x year": by_volatility.cross(by_year),
        "regime x year": by_regime.cross(by_year),
        "symbol": Slicing.of(data.code[judged], dict(enumerate(data.symbols))),
    }
    measured = Measured.intervals(found.score[judged], found.half_width[judged], data.t0[judged])
    return coverage_report(RETURN_INTERVAL, measured, spec.alpha, slices)


def coverage_of(
    probability: Floats, data: TrainingSet, plan: FoldPlan, regimes: Codes, spec: ConformalSpec, seed: int
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
        tie=tie_draws(data, seed),
    )
    return found.reports, found.left_out
