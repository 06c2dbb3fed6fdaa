"""Sample weights of one fit, from that fit's training rows and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from market_assets.core.errors import NotEnoughDataError
from market_assets.core.labels.spec import WeightSpec
from market_assets.core.labels.uniqueness import average_uniqueness, time_decay

if TYPE_CHECKING:
    from market_assets.core.folds.training_set import TrainingSet

Floats = NDArray[np.float64]


def fit_weights(data: TrainingSet, mask: NDArray[np.bool_], spec: WeightSpec) -> Floats:
    """Weights of the rows of one fit.

    Concurrency, decay and class shares are computed among the rows of ``mask`` only: a row outside the fit,
    such as a test row or a purged one, changes nothing. The product of uniqueness, decay and balance is
    scaled to mean 1 over the mask, so that a regularisation constant means the same with any choice of weights.

    Parameters
    ----------
    data : the training set.
    mask : (n,) rows of the fit; all of them trainable.
    spec : which parts enter.

    Returns
    -------
    (n,) float64, 0 outside the mask.

    Raises
    ------
    ValueError
        if the mask holds a row that is not trainable.
    NotEnoughDataError
        if the mask is empty, or if the classes cannot be balanced because one is missing.
    """
    if np.any(mask & ~data.trainable):
        raise ValueError("weights are asked for rows without a usable label")
    if not mask.any():
        raise NotEnoughDataError("sample weights need at least one training row")
    weights = np.ones(int(mask.sum()))
    if spec.uniqueness or spec.decay != 1.0:
        unique = average_uniqueness(data.code, data.t0, data.t1, mask, data.sessions.size)[mask]
        if spec.uniqueness:
            weights *= unique
        if spec.decay != 1.0:
            weights *= time_decay(unique, data.t0[mask], spec.decay)
    if spec.balance:
        weights *= _balance(weights, data.y[mask])
    out = np.zeros(mask.size)
    out[mask] = weights / weights.mean()
    return out


def _balance(weights: Floats, y: NDArray[np.int8]) -> Floats:
    """Factor of every row that gives both classes half of the total weight."""
    totals = np.bincount(y, weights=weights, minlength=2)
    if not np.all(totals > 0):
        raise NotEnoughDataError(
            f"class balance needs weight in both classes; {int((y == 0).sum())} rows are down with weight "
            f"{totals[0]:.6g}, {int((y == 1).sum())} rows are up with weight {totals[1]:.6g}"
        )
    return totals.sum() / (2 * totals[y])
