"""How far folds agree on what their models use, and which columns are never used, unstable or misleading.

Folds share training rows, so their agreement is more than that of independent samples.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from market_assets.core.diagnostics.family_importance import FamilyImportance
from market_assets.core.diagnostics.feature_report import number
from market_assets.core.diagnostics.selection_stability import mean_rank_correlation, set_stability, top_sets
from market_assets.core.diagnostics.spec import DiagnosticsSpec
from market_assets.core.errors import BadInputError, NotEnoughDataError
from market_assets.core.market.panel import Floats

IMPORTANCE_VERSION = "2"
MEANINGS = {
    "never used": "no family gives it gain in any fold",
    "unstable importance": "among the first of a family in fewer than half of its folds",
    "misleads": "models score better on test rows when it is shuffled",
}


def columns_of(found: Mapping[str, FamilyImportance]) -> tuple[str, ...]:
    """Names of the d columns; transforms are fitted once a fold, so that all families see the same.

    Raises
    ------
    BadInputError
        rule ``importance_columns``.
    """
    names, *others = {one.names for one in found.values()}
    if others:
        raise BadInputError("importance_columns", "the families do not see the same columns")
    return names


def importance_arrays(found: Mapping[str, FamilyImportance]) -> dict[str, Floats]:
    """Gain, permutation and contributions of every fold and feature, (M, d) or (W, d), by ``family.figure``."""
    tables = {}
    for family, one in found.items():
        tables |= {f"{family}.gain": one.gain, f"{family}.permutation": one.permutation}
        if one.contribution is not None:
            tables[f"{family}.contribution"] = one.contribution
    return tables


def importance_report(
    found: Mapping[str, FamilyImportance], groups: Mapping[str, str], spec: DiagnosticsSpec
) -> dict[str, Any]:
    """The figures of all families as JSON values.

    Parameters
    ----------
    groups : feature -> feature family.

    Raises
    ------
    BadInputError
        rule ``importance_columns``: the families do not see the same columns.
    """
    names = columns_of(found)
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
