"""Conformal sets of out-of-fold direction forecasts, calibrated on what was known, and their coverage.

Three methods on the same rows. ``split``: one quantile a walk-forward fold, from the forecasts of earlier folds whose
labels ended before the fold begins. ``mondrian``: the same by market regime. ``adaptive``: a level and a quantile that
move each session, see ``adaptive``.

Rows whose label is undefined (or zero: smaller than the minimum return) are predicted, and get a set, but are left out
of calibration and coverage: what is reported holds given that the price moved enough to have a direction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import Field

from market_assets.core.conformal.adaptive import AdaptivePath, adaptive_path
from market_assets.core.conformal.classification import Mask, prediction_sets, true_scores, two_classes
from market_assets.core.conformal.coverage import CoverageReport, Measured, coverage_report
from market_assets.core.conformal.groups import group_quantiles, quantile_of
from market_assets.core.conformal.slicing import Slicing
from market_assets.core.conformal.split import conformal_quantile
from market_assets.core.errors import BadInputError
from market_assets.core.market.panel import Floats
from market_assets.core.spec import spec

CONFORMAL_VERSION = "1"
TIE = 1e-9
"""Size of the draws that order equal scores; far below the distance of two calibrated probabilities."""
METHODS = ("split", "mondrian", "adaptive")


@spec
class ConformalSpec:
    """How conformal sets are made.

    Parameters
    ----------
    alpha : share of sets that may miss the outcome.
    gamma : step size of the adaptive level, a session.
    min_calibration : scores a quantile needs before rows are judged by it.
    """

    alpha: Annotated[float, Field(gt=0, lt=1)] = 0.1
    gamma: Annotated[float, Field(gt=0, le=1)] = 0.005
    min_calibration: Annotated[int, Field(ge=1)] = 100


@dataclass(frozen=True, eq=False)
class WalkForwardQuantiles:
    """Score quantile in force for every row by method, each (n,): NaN where there is no forecast or too few scores."""

    quantile: dict[str, Floats]
    path: AdaptivePath


@dataclass(frozen=True, eq=False)
class WalkForwardCoverage:
    """Coverage by method on the same ``judged`` rows (n,) mask; ``left_out`` counts forecasts not judged, by cause."""

    reports: tuple[CoverageReport, ...]
    judged: Mask
    left_out: dict[str, int]
    path: AdaptivePath


def walk_forward_quantiles(
    probability: Floats,
    label: NDArray[np.int8],
    defined: Mask,
    t0: NDArray[np.int32],
    t1: NDArray[np.int32],
    regime: NDArray[np.int64],
    *,
    fold_starts: Sequence[int],
    sessions: int,
    spec: ConformalSpec,
    tie: Floats | None = None,
) -> WalkForwardQuantiles:
    """Quantile of every row; that of a row of session s depends on labels that ended before s, and on nothing later.

    Parameters and errors as in ``walk_forward_coverage``.
    """
    _check(probability, label, defined, t0, t1, regime)
    starts = np.asarray(fold_starts, dtype=np.int64)
    if not starts.size or np.any(np.diff(starts) <= 0):
        raise BadInputError("fold_starts", f"the fold starts must increase, got {list(fold_starts)}")
    scored = ~np.isnan(probability) & defined
    score = np.full(probability.size, np.nan)
    score[scored] = true_scores(two_classes(probability[scored]), label[scored])
    if tie is not None:
        score += TIE * tie
    fold = np.searchsorted(starts, t0, side="right") - 1
    forecast = ~np.isnan(probability)
    quantile = {name: np.full(probability.size, np.nan) for name in METHODS}
    for number, start in enumerate(starts):
        inside = forecast & (fold == number)
        known = scored & (t0 < start) & (t1 < start)
        if known.sum() < spec.min_calibration or not inside.any():
            continue
        quantile["split"][inside] = conformal_quantile(score[known], spec.alpha)
        by_regime = group_quantiles(score[known], regime[known], spec.alpha)
        quantile["mondrian"][inside] = quantile_of(by_regime, regime[inside])
    path = adaptive_path(score[scored], t0[scored], t1[scored], sessions, alpha=spec.alpha, gamma=spec.gamma)
    ready = forecast & (path.calibration[t0] >= spec.min_calibration)
    quantile["adaptive"][ready] = path.quantile[t0[ready]]
    return WalkForwardQuantiles(quantile, path)


def walk_forward_coverage(
    probability: Floats,
    label: NDArray[np.int8],
    defined: Mask,
    t0: NDArray[np.int32],
    t1: NDArray[np.int32],
    regime: NDArray[np.int64],
    year: ArrayLike,
    symbol: ArrayLike,
    *,
    fold_starts: Sequence[int],
    sessions: int,
    spec: ConformalSpec,
    regime_names: Sequence[str] = (),
    tie: Floats | None = None,
) -> WalkForwardCoverage:
    """Coverage of every method, overall and by regime, year, regime x year and symbol.

    Parameters
    ----------
    probability : (n,) calibrated P(up) by walk-forward models, NaN where there is none.
    label : (n,) 1 = up, 0 = down. defined : (n,) label usable (``TrainingSet.trainable``).
    t0, t1 : (n,) session of the row, and of the end of its label.
    regime : (n,) code of the market regime known at t0; -1 = unknown, a group of its own.
    year, symbol : (n,) names of slices.
    fold_starts : first session of every walk-forward test block, increasing.
    sessions : number of sessions S.
    regime_names : names of codes 0, 1, ...; the code itself where there is none.
    tie : (n,) uniform draws in [0, 1) that order equal scores. Calibrated probabilities take few values; without this
        the rows at the quantile are all covered, and 90 % sets cover 99 % (smoothed conformal, Vovk et al. 2005, 2.2).

    Raises
    ------
    BadInputError
        rule ``coverage_rows``: inputs of different length; ``fold_starts``; ``label_interval``; ``class_probability``.
    NotEnoughDataError
        when no row can be judged.
    """
    _check(probability, label, defined, t0, t1, regime, np.asarray(year), np.asarray(symbol))
    found = walk_forward_quantiles(
        probability, label, defined, t0, t1, regime, fold_starts=fold_starts, sessions=sessions, spec=spec, tie=tie
    )
    forecast = ~np.isnan(probability)
    calibrated = np.logical_and.reduce([~np.isnan(values) for values in found.quantile.values()])
    judged = forecast & defined & calibrated
    slices = _slices(regime[judged], np.asarray(year)[judged], np.asarray(symbol)[judged], regime_names)
    both, outcome = two_classes(probability[judged]), label[judged]
    shift = 0.0 if tie is None else TIE * tie[judged]
    reports = [
        coverage_report(
            name,
            Measured.classes(prediction_sets(both, values[judged] - shift), outcome, t0[judged]),
            spec.alpha,
            slices,
        )
        for name, values in found.quantile.items()
    ]
    left_out = {
        "label undefined": int(np.sum(forecast & ~defined)),
        "not yet calibrated": int(np.sum(forecast & defined & ~calibrated)),
    }
    return WalkForwardCoverage(tuple(reports), judged, left_out, found.path)


def _slices(
    regime: NDArray[np.int64], year: NDArray[np.generic], symbol: NDArray[np.generic], names: Sequence[str]
) -> dict[str, Slicing]:
    by_regime = Slicing.of(regime, dict(enumerate(names)) | {-1: "unknown"})
    by_year = Slicing.of(year)
    return {
        "regime": by_regime,
        "year": by_year,
        "regime x year": by_regime.cross(by_year),
        "symbol": Slicing.of(symbol),
    }


def _check(*columns: NDArray[np.generic]) -> None:
    shapes = {column.shape for column in columns}
    if len(shapes) != 1 or len(next(iter(shapes))) != 1:
        raise BadInputError("coverage_rows", f"the columns of the rows differ in shape: {sorted(shapes)}")
