"""Fitted objects on trial: what is learned on a training part may not move with a row outside it.

A registry like that of the features: whoever is listed is proven on every materialization, by ``prove_isolated`` on
one small sample with gaps, several names and overlapping labels. Both are compared, the fitted state and the training
rows it transforms.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from market_assets.core.compute import Compute
from market_assets.core.conformal.groups import group_quantiles, quantile_of
from market_assets.core.conformal.split import absolute_scores
from market_assets.core.folds.training_set import TrainingSet
from market_assets.core.identity import canonical_json, fingerprint
from market_assets.core.labels.spec import WeightSpec
from market_assets.core.leakage.isolation import Fit, prove_isolated
from market_assets.core.leakage.sample import Mask, Sample
from market_assets.core.models.calibration import CalibrationSpec, fit_curve
from market_assets.core.models.fold_fit import fit_fold
from market_assets.core.models.preprocessing import Standardizer
from market_assets.core.transforms.base import Rows
from market_assets.core.transforms.registry import TRANSFORMS

Arrays = dict[str, NDArray[Any]]
FITTED_VERSION = "1"
"""Change with any change of the entries or of the sample."""
SESSIONS, NAMES, FEATURES, HORIZON = 90, 3, 4, 5
SMALL: dict[str, dict[str, Any]] = {"clusters": {"columns": ("f0", "f1"), "clusters": 2}}
"""Parameters of transforms whose defaults ask for more symbols or other columns than the sample has."""


def _bytes(value: Any) -> NDArray[np.uint8]:
    return np.frombuffer(canonical_json(value), dtype=np.uint8)


def _standardizer(sample: Sample, train: Mask, test: Mask) -> Arrays:  # noqa: ARG001 - one signature for all
    x = sample.x.astype(np.float32)
    fitted = Standardizer.fit(x[train], 5.0)
    state = {"median": fitted.median, "mean": fitted.mean, "scale": fitted.scale}
    return {**state, "rows": fitted.apply(x[train])}


def _curve(method: str) -> Fit:
    def fit(sample: Sample, train: Mask, test: Mask) -> Arrays:  # noqa: ARG001 - one signature for all
        raw = np.nan_to_num(sample.x[:, 0])
        curve = fit_curve(raw[train], sample.y[train], CalibrationSpec(method=method))  # type: ignore[arg-type]
        return {"state": _bytes(curve.to_payload()), "rows": curve.apply(raw[train])}

    return fit


def _conformal_scale(sample: Sample, train: Mask, test: Mask) -> Arrays:  # noqa: ARG001 - one signature for all
    scores = absolute_scores(np.nan_to_num(sample.x[:, 0]), sample.y)
    quantiles = group_quantiles(scores[train], sample.code[train], 0.2)
    state = np.array(sorted(quantiles.items()), dtype=np.float64)
    return {"state": state, "rows": quantile_of(quantiles, sample.code[train])}


def _fold_fit(sample: Sample, train: Mask, test: Mask) -> Arrays:
    """Weights, preprocessing, a linear model and its calibration, as every fold is fitted."""
    data = training_rows(sample)
    done = fit_fold(
        data,
        train,
        test,
        family="elastic_net",
        params={},
        weights=WeightSpec(decay=0.5),
        calibration=CalibrationSpec(min_rows=10),
        compute=Compute(seed=0),
        key="proof",
    )
    return {"state": np.frombuffer(done.payload, dtype=np.uint8), "curve": _bytes(done.calibrator.to_payload())}


def _transform(kind: str) -> Fit:
    def fit(sample: Sample, train: Mask, test: Mask) -> Arrays:  # noqa: ARG001 - one signature for all
        one = TRANSFORMS[kind]
        rows = Rows.of(training_rows(sample), train)
        state = one.fit(rows, one.spec(kind=kind, **SMALL.get(kind, {})), 0)
        return {"state": np.frombuffer(one.to_bytes(state), dtype=np.uint8), "rows": one.apply(state, rows).x}

    return fit


FITTED: dict[str, Fit] = {
    "standardizer": _standardizer,
    "isotonic calibration": _curve("isotonic"),
    "Platt calibration": _curve("platt"),
    "conformal scale by group": _conformal_scale,
    "fold fit": _fold_fit,
    **{f"transform {kind}": _transform(kind) for kind in TRANSFORMS},
}
"""name -> (sample, train, test) -> fitted state and transformed training rows."""


@dataclass(frozen=True)
class FittedResult:
    """Outcome for one fitted object: values compared a variant, and how many moved under which variants."""

    name: str
    compared: int
    violations_count: int
    variants: tuple[str, ...]


def fitted_schema(registry: Mapping[str, Fit] | None = None) -> str:
    """Hash over the version and the names on trial (64 hex characters)."""
    return fingerprint(version=FITTED_VERSION, names=list(FITTED if registry is None else registry))


def prove_fitted(seed: int, registry: Mapping[str, Fit] | None = None) -> list[FittedResult]:
    """Prove every registered fitted object on one drawn sample.

    ``variants`` of a result names the changes that moved something: none for an honest fit.
    """
    sample, train, test = draw_sample(seed)
    results = []
    for name, fit in (FITTED if registry is None else registry).items():
        compared = sum(value.size for value in fit(sample, train, test).values())
        found = prove_isolated("isolation", name, fit, sample, train, test, seed)
        moved = sum(one.count for one in found)
        results.append(FittedResult(name, int(compared), moved, tuple(one.variant for one in found)))
    return results


def draw_sample(seed: int) -> tuple[Sample, Mask, Mask]:
    """Rows of three names with gaps and labels of five sessions; a purged split in the middle of the history."""
    rng = np.random.Generator(np.random.PCG64(seed))
    t0 = np.tile(np.arange(SESSIONS, dtype=np.int64), NAMES)
    x = rng.standard_normal((t0.size, FEATURES))
    y = (x[:, 0] + rng.standard_normal(t0.size) > 0.0).astype(np.float64)
    x[rng.random(x.shape) < 0.05] = np.nan
    sample = Sample(
        x=x,
        y=y,
        weight=rng.uniform(0.5, 1.5, t0.size),
        code=np.repeat(np.arange(NAMES, dtype=np.int64), SESSIONS),
        group=np.arange(t0.size, dtype=np.int64),
        t0=t0,
        t1=np.minimum(t0 + HORIZON, SESSIONS - 1),
    )
    first, last = SESSIONS // 2, SESSIONS // 2 + 15
    return sample, (sample.t1 < first) | (t0 > last + HORIZON), (t0 >= first) & (t0 <= last)


def training_rows(sample: Sample) -> TrainingSet:
    """The sample as a training set of the product."""
    sessions = np.datetime64("2020-01-01T21:00:00", "us") + np.arange(SESSIONS) * np.timedelta64(1, "D")
    return TrainingSet(
        symbols=tuple(f"S{k}" for k in range(NAMES)),
        feature_names=tuple(f"f{k}" for k in range(sample.x.shape[1])),
        x=sample.x.astype(np.float32),
        y=sample.y.astype(np.int8),
        ret=np.where(sample.y == 1.0, 0.01, -0.01),
        weight=sample.weight,
        trainable=np.ones(sample.n_rows, dtype=np.bool_),
        code=sample.code.astype(np.int32),
        ts=sessions[sample.t0],
        t0=sample.t0.astype(np.int32),
        t1=sample.t1.astype(np.int32),
        sessions=sessions,
    )
