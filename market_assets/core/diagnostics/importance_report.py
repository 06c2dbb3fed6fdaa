"""What the fold models use: gain, permutation and exact contributions, and how far folds agree on them.

Gain is read from every fold. Permutation and contributions are measured on test rows of the walk-forward folds alone,
which the model has not seen. Folds share training rows, so their agreement is more than that of independent samples.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from market_assets.core.compute import Compute
from market_assets.core.diagnostics.feature_report import number
from market_assets.core.diagnostics.permutation import permutation_importance
from market_assets.core.diagnostics.selection_stability import mean_rank_correlation, set_stability, top_sets
from market_assets.core.diagnostics.spec import DiagnosticsSpec
from market_assets.core.errors import NotEnoughDataError
from market_assets.core.folds.plan import Fold, FoldPlan
from market_assets.core.folds.training_set import TrainingSet
from market_assets.core.market.panel import Floats
from market_assets.core.models.calibration import CalibrationSpec
from market_assets.core.models.contributions import explain
from market_assets.core.models.fold_fit import split_calibration
from market_assets.core.models.registry import family as family_of

IMPORTANCE_VERSION = "1"
ADDITIVE = 1e-3
"""Largest distance of a score from the sum of its contributions: xgboost adds in single precision."""
MEANINGS = {
    "never used": "no family gives it gain in any fold",
    "unstable importance": "among the first of a family in fewer than half of its folds",
    "misleads": "models score better on test rows when it is shuffled",
}


@dataclass(frozen=True, eq=False)
class FamilyImportance:
    """What one family uses; M folds, W walk-forward folds, d features.

    Parameters
    ----------
    folds : keys of the M folds. gain : (M, d) shares of the total gain.
    walk_forward : keys of the W folds. permutation : (W, d) increase of the Brier score, NaN where not shuffled.
    contribution : (W, d) share of the mean absolute contribution, direction : (W, d) rank correlation of value and
        contribution of the shuffled features; None where there is no exact one, and ``cause`` says why.
    """

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
    payloads : model by fold key, read from a store that verifies digests.
    compute : ``seed`` is that of the shuffles.
    """
    model, folds = family_of(family), [fold for fold in plan.folds if fold.key in payloads]
    gain = np.array([model.importance(payloads[fold.key]) for fold in folds])
    walk = [fold for fold in folds if fold.kind == "walk_forward"]
    columns = np.argsort(-gain.mean(axis=0), kind="stable")[: spec.top]
    columns = columns[gain.mean(axis=0)[columns] > 0.0]
    permuted = np.full((len(walk), gain.shape[1]), np.nan)
    shares, directions, unit, cause = [], [], "", ""
    for number_, fold in enumerate(walk):
        payload, rows = payloads[fold.key], _scored(data, fold)
        some = _spread(rows, spec.permuted_rows)
        permuted[number_, columns] = permutation_importance(
            lambda x, payload=payload: model.predict(payload, x, compute),
            data.x[some],
            data.y[some],
            columns.tolist(),
            (compute.seed, number_),
        )
        background = data.x[split_calibration(data, fold.train_rows(data), calibration)[0]]
        seen = data.x[_spread(rows, spec.explained_rows)]
        found = explain(family, payload, seen, background, compute.threads) if not cause else None
        if found is None:
            cause = cause or f"{family} has no exact contributions"
        elif found.error > ADDITIVE:
            cause = f"fold {fold.key}: contributions miss the score by {found.error:.2g}"
        else:
            size = np.abs(found.values).mean(axis=0)
            shares.append(size / size.sum() if size.sum() > 0.0 else size)
            directions.append(_directions(seen, found.values, columns))
            unit = found.unit
    return FamilyImportance(
        folds=tuple(fold.key for fold in folds),
        gain=gain,
        walk_forward=tuple(fold.key for fold in walk),
        permutation=permuted,
        contribution=np.array(shares) if shares and not cause else None,
        direction=np.array(directions) if shares and not cause else None,
        unit=unit,
        cause=cause,
    )


def importance_arrays(found: Mapping[str, FamilyImportance]) -> dict[str, Floats]:
    """Gain, permutation and contributions of every fold and feature, (M, d) or (W, d), by ``family.figure``."""
    tables = {}
    for family, one in found.items():
        tables |= {f"{family}.gain": one.gain, f"{family}.permutation": one.permutation}
        if one.contribution is not None:
            tables[f"{family}.contribution"] = one.contribution
    return tables


def importance_report(
    found: Mapping[str, FamilyImportance], names: Sequence[str], groups: Mapping[str, str], spec: DiagnosticsSpec
) -> dict[str, Any]:
    """The figures of all families as JSON values.

    Parameters
    ----------
    names : of the d features. groups : feature -> feature family.
    """
    means = {family: one.gain.mean(axis=0) for family, one in found.items()}
    top = {family: top_sets(one.gain, spec.top) for family, one in found.items()}
    records = []
    for j, name in enumerate(names):
        per = {family: _feature(one, top[family], j) for family, one in found.items()}
        records.append(
            {
                "name": name,
                "family": groups.get(name, ""),
                "gain": float(np.mean([one["gain"] for one in per.values()])),
                "models": per,
                "flags": _flags(found, top, means, spec, j),
            }
        )
    return {
        "version": IMPORTANCE_VERSION,
        "spec": asdict(spec),
        "families": {family: _stability(one, top[family]) for family, one in found.items()},
        "between": mean_rank_correlation(np.array(list(means.values()))),
        "features": records,
        "flagged": {flag: sum(flag in one["flags"] for one in records) for flag in MEANINGS},
    }


def _scored(data: TrainingSet, fold: Fold) -> NDArray[np.int64]:
    """Test rows with a usable label, in time order."""
    rows = np.flatnonzero(fold.test_rows(data) & data.trainable)
    return rows[np.argsort(data.t0[rows], kind="stable")]


def _spread(rows: NDArray[np.int64], most: int) -> NDArray[np.int64]:
    return rows[np.unique(np.linspace(0, len(rows) - 1, min(most, len(rows))).astype(np.int64))]


def _directions(x: NDArray[np.float32], values: Floats, columns: NDArray[np.int64]) -> Floats:
    """Rank correlation (d,) of value and contribution over the rows; NaN for other and for constant columns."""
    out = np.full(x.shape[1], np.nan)
    for j in columns:
        known = ~np.isnan(x[:, j])
        left, right = x[known, j], values[known, j]
        if known.sum() > 2 and np.ptp(left) > 0.0 and np.ptp(right) > 0.0:
            out[j] = np.corrcoef(rankdata(left), rankdata(right))[0, 1]
    return out


def _mean(column: Floats) -> float | None:
    known = column[~np.isnan(column)]
    return float(known.mean()) if known.size else None


def _feature(one: FamilyImportance, top: NDArray[np.bool_], j: int) -> dict[str, Any]:
    return {
        "gain": float(one.gain[:, j].mean()),
        "gain_std": float(one.gain[:, j].std(ddof=1)) if len(one.gain) > 1 else None,
        "in_top": int(top[:, j].sum()),
        "permutation": _mean(one.permutation[:, j]),
        "permutation_folds": [number(value) for value in one.permutation[:, j]],
        "contribution": None if one.contribution is None else float(one.contribution[:, j].mean()),
        "direction": None if one.direction is None else _mean(one.direction[:, j]),
    }


def _stability(one: FamilyImportance, top: NDArray[np.bool_]) -> dict[str, Any]:
    """Agreement of folds on gain, top set, permutation and contributions; None where it cannot be measured."""
    walk = np.array([key in one.walk_forward for key in one.folds])
    shuffled = one.permutation[:, ~np.isnan(one.permutation).any(axis=0)]
    return {
        "folds": len(one.folds),
        "used": int((one.gain > 0.0).any(axis=0).sum()),
        "unit": one.unit,
        "cause": one.cause,
        "gain_correlation": mean_rank_correlation(one.gain),
        "gain_correlation_walk_forward": mean_rank_correlation(one.gain[walk]),
        "permutation_correlation": mean_rank_correlation(shuffled) if len(shuffled) else None,
        "contribution_correlation": None if one.contribution is None else mean_rank_correlation(one.contribution),
        "top": _sets(top),
        "top_walk_forward": _sets(top[walk]),
    }


def _sets(top: NDArray[np.bool_]) -> dict[str, float] | None:
    try:
        return asdict(set_stability(top))
    except NotEnoughDataError:
        return None


def _flags(
    found: Mapping[str, FamilyImportance],
    top: Mapping[str, NDArray[np.bool_]],
    means: Mapping[str, Floats],
    spec: DiagnosticsSpec,
    j: int,
) -> dict[str, str]:
    flags: dict[str, str] = {}
    if not any((one.gain[:, j] > 0.0).any() for one in found.values()):
        return {"never used": f"no gain in any fold of {len(found)} families"}
    loose = [
        f"{int(top[family][:, j].sum())} of {len(top[family])} folds of {family}"
        for family, mean in means.items()
        if mean[j] > 0.0
        and np.argsort(np.argsort(-mean, kind="stable"))[j] < spec.top
        and top[family][:, j].mean() < 0.5
    ]
    if loose:
        flags["unstable importance"] = f"among the first {spec.top} in " + ", ".join(loose)
    values = np.array([value for one in found.values() for value in one.permutation[:, j] if not np.isnan(value)])
    worse = float((values < 0.0).mean()) if values.size else 0.0
    if values.size > 2 and values.mean() < 0.0 and worse >= spec.agreement:
        flags["misleads"] = f"shuffling it improves {int((values < 0.0).sum())} of {values.size} fold models"
    return flags
