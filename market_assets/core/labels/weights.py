"""Sample weights of one fit, from that fit's training rows and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from market_assets.core.errors import NotEnoughDataError
from market_assets.core.labels.attribution import return_attribution
from market_assets.core.labels.sequential import draw_counts
from market_assets.core.labels.spec import WeightSpec
from market_assets.core.labels.uniqueness import average_uniqueness, time_decay

if TYPE_CHECKING:
    from market_assets.core.folds.training_set import TrainingSet

Floats = NDArray[np.float64]


def fit_weights(data: TrainingSet, mask: NDArray[np.bool_], spec: WeightSpec) -> Floats:
    """Weights of the rows of one fit.

    Concurrency, decay, draws and class shares are computed among the rows of ``mask`` only, and of bar returns only
    those inside their labels are read: a row outside the fit, such as a test row or a purged one, changes nothing.
    The product of uniqueness (or attribution, or draws), decay and balance is scaled to mean 1 over the mask, so that
    a regularisation constant means the same with any choice of weights.

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
        if the mask holds a row that is not trainable, or attribution is asked of a set without bar returns.
    NotEnoughDataError
        if the mask is empty, if no row has a weight, or if the classes cannot be balanced because one is missing.
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
    if spec.attribution:
        weights *= _attributed(data, mask)
    if spec.draws:
        parts = (data.code[mask], data.t0[mask], data.t1[mask])
        weights *= draw_counts(*parts, data.sessions.size, spec.draws, spec.draw_seed)
    if not weights.any():
        raise NotEnoughDataError("no training row has a weight; its labels own no return, or decay left none")
    if spec.balance:
        weights *= class_balance(weights, data.y[mask], ("down", "up"))
    out = np.zeros(mask.size)
    out[mask] = weights / weights.mean()
    return out


def _attributed(data: TrainingSet, mask: NDArray[np.bool_]) -> Floats:
    """Return attribution of the rows of the mask, from the bar returns of their symbols."""
    if data.step is None:
        raise ValueError("return attribution needs a training set that was assembled with bar returns")
    returns = np.full((len(data.symbols), data.sessions.size), np.nan)
    returns[data.code, data.t0] = data.step
    return return_attribution(data.code, data.t0, data.t1, mask, returns)[mask]


def class_balance(weights: Floats, codes: NDArray[np.integer], names: Sequence[str]) -> Floats:
    """Factor of every row that gives each class the same part of the total weight.

    Parameters
    ----------
    weights : (n,) weights so far.
    codes : (n,) class of every row, a number below the count of names.
    names : of the classes, such as ``("down", "flat", "up")``; only rows of the fit are passed, so the factors rest on
        the past that the fit may know.

    Returns
    -------
    (n,) that leaves the sum of the weights as it is.

    Raises
    ------
    NotEnoughDataError
        if a class has no weight; the message counts them all.
    """
    totals = np.bincount(codes, weights=weights, minlength=len(names))
    if len(totals) > len(names) or not np.all(totals > 0):
        counts = np.bincount(codes, minlength=len(names))
        found = ", ".join(
            f"{count} rows are {name} with weight {total:.6g}"
            for name, count, total in zip(names, counts, totals, strict=False)
        )
        raise NotEnoughDataError(f"class balance needs weight in all of {len(names)} classes; {found}")
    return totals.sum() / (len(names) * totals[codes])
