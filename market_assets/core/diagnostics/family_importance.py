"""What the fold models of one family use: gain, permutation and exact contributions, on the columns the model sees.

Gain is read from every fold. Permutation and contributions are measured on test rows of the walk-forward folds alone,
which the model has not seen.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from market_assets.core.compute import Compute
from market_assets.core.diagnostics.permutation import permutation_importance
from market_assets.core.diagnostics.seen import Seen, places, shown_names
from market_assets.core.diagnostics.spec import DiagnosticsSpec
from market_assets.core.folds.plan import Fold, FoldPlan
from market_assets.core.folds.training_set import TrainingSet
from market_assets.core.market.panel import Floats
from market_assets.core.models.calibration import CalibrationSpec
from market_assets.core.models.contributions import explain
from market_assets.core.models.fold_fit import split_calibration
from market_assets.core.models.registry import family as family_of

ADDITIVE = 1e-3
"""Largest distance of a score from the sum of its contributions: xgboost adds in single precision."""


@dataclass(frozen=True, eq=False)
class FamilyImportance:
    """What one family uses; M folds, W walk-forward folds, d columns that some fold's model sees.

    Parameters
    ----------
    names : of the d columns, as ``shown_names`` gives them.
    folds : keys of the M folds. gain : (M, d) shares of the total gain; 0 where the model does not see the column.
    walk_forward : keys of the W folds. permutation : (W, d) increase of the Brier score, NaN where not shuffled.
    contribution : (W, d) share of the mean absolute contribution, direction : (W, d) rank correlation of value and
        contribution of the shuffled columns; None where there is no exact one, and ``cause`` says why. Columns that
        stand together have no direction.
    """

    names: tuple[str, ...]
    folds: tuple[str, ...]
    gain: Floats
    walk_forward: tuple[str, ...]
    permutation: Floats
    contribution: Floats | None
    direction: Floats | None
    unit: str
    cause: str


def family_importance(
    family: str,
    data: TrainingSet,
    plan: FoldPlan,
    payloads: Mapping[str, bytes],
    calibration: CalibrationSpec,
    spec: DiagnosticsSpec,
    compute: Compute,
) -> FamilyImportance:
    """Measure one family on its stored fold models.

    Parameters
    ----------
    payloads : model by fold key, behind its transforms where there are some, read from a store that verifies digests.
    compute : ``seed`` is that of the shuffles.
    """
    model, folds = family_of(family), [fold for fold in plan.folds if fold.key in payloads]
    seen = {fold.key: Seen.of(payloads[fold.key], data.feature_names) for fold in folds}
    names = shown_names(seen.values(), data.feature_names)
    at = {key: places(one.columns, names) for key, one in seen.items()}
    gains = [_summed(model.importance(one.model)[None], at[key], len(names)) for key, one in seen.items()]
    gain = np.concatenate(gains)
    walk = [fold for fold in folds if fold.kind == "walk_forward"]
    columns = np.argsort(-gain.mean(axis=0), kind="stable")[: spec.top]
    columns = columns[gain.mean(axis=0)[columns] > 0.0]
    permuted = np.full((len(walk), gain.shape[1]), np.nan)
    shares, directions, unit, cause = [], [], "", ""
    for number_, fold in enumerate(walk):
        one, place, rows = seen[fold.key], at[fold.key], _scored(data, fold)
        groups = {int(j): np.flatnonzero(place == j) for j in columns if (place == j).any()}
        some = _spread(rows, spec.permuted_rows)
        permuted[number_, list(groups)] = permutation_importance(
            lambda x, one=one: model.predict(one.model, x, compute),
            one.rows(data, some),
            data.y[some],
            groups,
            (compute.seed, number_),
        )
        explained = one.rows(data, _spread(rows, spec.explained_rows))
        background = one.rows(data, split_calibration(data, fold.train_rows(data), calibration)[0])
        found = explain(family, one.model, explained, background, compute.threads) if not cause else None
        if found is None:
            cause = cause or f"{family} has no exact contributions"
        elif found.error > ADDITIVE:
            cause = f"fold {fold.key}: contributions miss the score by {found.error:.2g}"
        else:
            size = np.abs(_summed(found.values, place, len(names))).mean(axis=0)
            shares.append(size / size.sum() if size.sum() > 0.0 else size)
            directions.append(_directions(explained, found.values, groups, len(names)))
            unit = found.unit
    return FamilyImportance(
        names=names,
        folds=tuple(fold.key for fold in folds),
        gain=gain,
        walk_forward=tuple(fold.key for fold in walk),
        permutation=permuted,
        contribution=np.array(shares) if shares and not cause else None,
        direction=np.array(directions) if shares and not cause else None,
        unit=unit,
        cause=cause,
    )


def _summed(values: Floats, place: NDArray[np.int64], width: int) -> Floats:
    """Values (n, k) by place (n, width): sums over columns that stand together; 0 where there is none."""
    out = np.zeros((len(values), width))
    np.add.at(out.T, place, values.T)
    return out


def _scored(data: TrainingSet, fold: Fold) -> NDArray[np.int64]:
    """Test rows with a usable label, in time order."""
    rows = np.flatnonzero(fold.test_rows(data) & data.trainable)
    return rows[np.argsort(data.t0[rows], kind="stable")]


def _spread(rows: NDArray[np.int64], most: int) -> NDArray[np.int64]:
    return rows[np.unique(np.linspace(0, len(rows) - 1, min(most, len(rows))).astype(np.int64))]


def _directions(x: NDArray[np.float32], values: Floats, groups: Mapping[int, NDArray[np.int64]], width: int) -> Floats:
    """Rank correlation (width,) of value and contribution over the rows, of each group of one column that varies."""
    out = np.full(width, np.nan)
    for place, columns in groups.items():
        if len(columns) > 1:
            continue
        known = ~np.isnan(x[:, columns[0]])
        left, right = x[known, columns[0]], values[known, columns[0]]
        if known.sum() > 2 and np.ptp(left) > 0.0 and np.ptp(right) > 0.0:
            out[place] = np.corrcoef(rankdata(left), rankdata(right))[0, 1]
    return out
