"""One fit of one family on one fold: weights, model, calibration curve, out-of-fold probabilities."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from market_assets.core.compute import Compute
from market_assets.core.errors import NotEnoughDataError
from market_assets.core.identity import canonical_json
from market_assets.core.labels.weights import fit_weights
from market_assets.core.models.calibration import CalibrationSpec, Curve, fit_curve
from market_assets.core.models.fitted import fit_model, predict_rows

if TYPE_CHECKING:
    from market_assets.core.folds.training_set import TrainingSet
    from market_assets.core.labels.spec import WeightSpec

FOLD_FIT_VERSION = "1"
Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class FoldFit:
    """Result of one fit.

    Parameters
    ----------
    family, key, seed : what was fitted, for which fold, with which derived seed.
    payload : the model in the family's format, behind its transforms where there are some.
    calibrator : its calibration curve.
    rows : (m,) int32 test rows of the training set, increasing.
    raw, calibrated : (m,) P(y = 1) before and after calibration.
    n_fit, n_calibration : rows that trained the model, and the curve.
    """

    family: str
    key: str
    seed: int
    payload: bytes
    calibrator: Curve
    rows: NDArray[np.int32]
    raw: Floats
    calibrated: Floats
    n_fit: int
    n_calibration: int


def derive_seed(seed: int, family: str, key: str) -> int:
    """Seed of one fit in 0 .. 2**31 - 1, a hash of the base seed, the family and the fold key."""
    digest = hashlib.sha256(canonical_json([seed, family, key])).digest()
    return int.from_bytes(digest[:4], "little") >> 1


def split_calibration(data: TrainingSet, train: Mask, spec: CalibrationSpec) -> tuple[Mask, Mask]:
    """Split training rows into those of the model and those of the curve, both (n,).

    The curve gets the last ``fraction`` of the sessions that hold training rows. Model rows whose label has not
    ended before the first of those sessions are purged, so that no label is shared.

    Raises
    ------
    NotEnoughDataError
        if either part has fewer than ``spec.min_rows`` rows or only one class.
    """
    sessions = np.unique(data.t0[train])
    if sessions.size < 2:
        raise NotEnoughDataError(f"a calibration split needs two training sessions, there are {sessions.size}")
    held = min(max(1, round(spec.fraction * sessions.size)), sessions.size - 1)
    first = sessions[-held]
    fit, curve = train & (data.t1 < first), train & (data.t0 >= first)
    for name, part in (("model", fit), ("calibration", curve)):
        count = int(part.sum())
        ups = int(data.y[part].sum())
        if count < spec.min_rows or ups in (0, count):
            message = f"the {name} part has {count} rows, {ups} of them up; it needs {spec.min_rows} and both classes"
            raise NotEnoughDataError(message)
    return fit, curve


def fit_fold(
    data: TrainingSet,
    train: Mask,
    test: Mask,
    *,
    family: str,
    params: Mapping[str, Any],
    weights: WeightSpec,
    calibration: CalibrationSpec,
    compute: Compute,
    key: str,
    transforms: Sequence[Any] = (),
) -> FoldFit:
    """Fit one family on the training rows and predict the test rows.

    Parameters
    ----------
    train : (n,) purged and embargoed rows with a usable label; test : (n,) rows to predict.
    compute : ``compute.seed`` is the base seed; the fit uses ``derive_seed(seed, family, key)``.
    key : fold key such as ``wf00``.
    transforms : specs of the fitted transforms before the model. They are fitted on the rows of the model part, with
        a seed that every family of the fold shares.

    Notes
    -----
    Sample weights are made from the rows of the model part alone. The curve counts every row once: weights that
    balance the classes would calibrate to frequencies that do not occur.

    Raises
    ------
    NotEnoughDataError
        if a part is too small or holds one class; the message names family and fold.
    ValueError
        if a row is in both masks.
    """
    if np.any(train & test):
        raise ValueError(f"fold {key}: a row is in train and in test")
    own = replace(compute, seed=derive_seed(compute.seed, family, key))
    try:
        fit, curve = split_calibration(data, train, calibration)
        weight = fit_weights(data, fit, weights)[fit]
        shared = derive_seed(compute.seed, "transforms", key)
        payload = fit_model(family, data, fit, weight, params, transforms, own, shared)
        calibrator = fit_curve(predict_rows(family, payload, data, curve, own), data.y[curve], calibration)
    except NotEnoughDataError as error:
        raise NotEnoughDataError(f"fold {key}, {family}: {error}") from error
    rows = np.flatnonzero(test).astype(np.int32)
    raw = predict_rows(family, payload, data, rows, own)
    return FoldFit(
        family=family,
        key=key,
        seed=own.seed,
        payload=payload,
        calibrator=calibrator,
        rows=rows,
        raw=raw,
        calibrated=calibrator.apply(raw),
        n_fit=int(fit.sum()),
        n_calibration=int(curve.sum()),
    )


def refit(
    data: TrainingSet,
    train: Mask,
    *,
    family: str,
    params: Mapping[str, Any],
    weights: WeightSpec,
    calibration: CalibrationSpec,
    compute: Compute,
    key: str = "final",
    transforms: Sequence[Any] = (),
) -> FoldFit:
    """Fit a champion on all training rows; the same as ``fit_fold`` with no test rows."""
    return fit_fold(
        data,
        train,
        np.zeros_like(train),
        family=family,
        params=params,
        weights=weights,
        calibration=calibration,
        compute=compute,
        key=key,
        transforms=transforms,
    )
