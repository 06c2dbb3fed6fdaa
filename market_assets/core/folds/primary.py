"""Out-of-fold predictions as the primary sides that meta-labels are asked about."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from market_assets.core.errors import IntegrityError
from market_assets.core.folds.plan import FoldPlan
from market_assets.core.folds.training_set import TrainingSet
from market_assets.core.labels.meta import PrimaryPredictions
from market_assets.core.market.panel import Floats, Panel


def panel_rows(panel: Panel, data: TrainingSet) -> NDArray[np.int64]:
    """Row of the panel that every row of a training set was made from; (n,).

    Raises
    ------
    IntegrityError
        when the panel lacks a row of the set: they are of different snapshots.
    """
    rows = np.full(data.n_rows, -1, np.int64)
    times = panel.ts.astype("datetime64[us]")
    for code, symbol in enumerate(data.symbols):
        if symbol in panel.symbols:
            bars, own = panel.rows(panel.symbols.index(symbol)), np.flatnonzero(data.code == code)
            found = bars.start + np.searchsorted(times[bars], data.ts[own])
            inside = found < bars.stop
            rows[own[inside]] = found[inside]
    if np.any(rows < 0) or not np.array_equal(times[rows], data.ts):
        raise IntegrityError("the training set has rows that the panel does not have")
    return rows


def primary_predictions(panel: Panel, data: TrainingSet, plan: FoldPlan, probability: Floats) -> PrimaryPredictions:
    """Sides of the walk-forward predictions, row for row with the panel, and what each fold was trained on.

    Parameters
    ----------
    panel : the bars that the training set was made from.
    data, plan : the training set and its fold plan.
    probability : (n,) P(up) of its rows by the walk-forward folds, NaN where none predicts. Above one half is long,
        below is short, one half and NaN are no trade.

    Raises
    ------
    IntegrityError
        when the panel lacks a row of the training set.
    """
    rows = panel_rows(panel, data)
    times = panel.ts.astype("datetime64[us]")
    side, fit, until = np.zeros(panel.n_rows, np.int8), np.full(panel.n_rows, -1, np.int32), times.copy()
    side[rows] = np.sign(np.nan_to_num(probability, nan=0.5) - 0.5).astype(np.int8)
    until[rows] = data.sessions[data.t1]
    folds = [fold for fold in plan.folds if fold.kind == "walk_forward"]
    trained = np.zeros((len(folds), panel.n_rows), np.bool_)
    for number, fold in enumerate(folds):
        fit[rows[fold.test_rows(data)]] = number
        trained[number, rows[fold.train_rows(data)]] = True
    return PrimaryPredictions(side, fit, trained, times, until)
