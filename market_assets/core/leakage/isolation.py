"""The isolation proof: what is fitted on a fold may not depend on any row outside its training part."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from market_assets.core.errors import NotEnoughDataError
from market_assets.core.leakage.compare import moved
from market_assets.core.leakage.finding import Finding
from market_assets.core.leakage.perturb import lapse, noise, scale, void
from market_assets.core.leakage.sample import Mask, Sample

Fit = Callable[[Sample, Mask, Mask], dict[str, NDArray[Any]]]
SHUFFLES = 4


def prove_isolated(
    detector: str, stage: str, fit: Fit, sample: Sample, train: Mask, test: Mask, seed: int
) -> list[Finding]:
    """Change features, labels, weights and intervals of every row outside ``train``, and drop half of them.

    Parameters
    ----------
    fit : (sample, train, test) -> fitted state, or predictions on fixed probe rows, as arrays.
    train, test : (n,) masks without a common row; rows in neither were purged.

    Returns
    -------
    One finding a variant that moved anything.

    Raises
    ------
    NotEnoughDataError
        without training rows, without rows outside, or when the fit returns nothing.
    ValueError
        for a row in both masks.
    """
    if np.any(train & test):
        raise ValueError("a row is in train and in test")
    if not train.any() or train.all():
        raise NotEnoughDataError(f"{stage}: the isolation proof needs rows inside and outside the training part")
    clean = fit(sample, train, test)
    if not clean or not all(value.size for value in clean.values()):
        raise NotEnoughDataError(f"{stage}: the fit returned nothing to compare")
    found = []
    for variant, other, keep in _variants(sample, ~train, seed):
        with np.errstate(all="ignore"):  # the changed rows are absurd on purpose
            again = fit(other, train[keep], test[keep])
        count = sum(_count(value, again[name]) for name, value in clean.items())
        if count:
            text = f"{count} fitted values moved with rows outside the training part ({variant})"
            found.append(Finding(detector, stage, variant, count, text))
    return found


def _variants(sample: Sample, outside: Mask, seed: int) -> Iterator[tuple[str, Sample, Mask]]:
    rng = np.random.Generator(np.random.PCG64(seed))
    every = np.ones(sample.n_rows, dtype=np.bool_)
    wide = np.broadcast_to(outside[:, None], sample.x.shape)
    for name, change in (("noise", noise), ("scale", scale), ("void", void), ("lapse", lapse)):
        yield f"features: {name}", replace(sample, x=change(sample.x, wide, rng)), every
    flipped = np.where(outside, sample.y.min() + sample.y.max() - sample.y, sample.y)
    yield "labels: flip", replace(sample, y=flipped), every
    for number in range(SHUFFLES):
        y = sample.y.copy()
        y[outside] = rng.permutation(y[outside])
        yield f"labels: shuffle {number}", replace(sample, y=y), every
    yield "weights: scale", replace(sample, weight=scale(sample.weight, outside, rng)), every
    longer = np.where(outside, np.minimum(sample.t1 + 3, sample.t1.max()), sample.t1)
    yield "intervals: longer", replace(sample, t1=longer), every
    keep = ~outside | (rng.random(sample.n_rows) < 0.5)
    yield "rows: drop half", sample.take(keep), keep
    early = ~outside | (sample.t0 < np.median(sample.t0[outside]))
    yield "rows: drop late", sample.take(early), early


def _count(known: NDArray[Any], again: NDArray[Any]) -> int:
    return int(moved(known, again).sum()) if known.shape == again.shape else max(known.size, again.size)


def prove_blind(
    detector: str,
    stage: str,
    level: Callable[[Sample, Mask], NDArray[np.float64]],
    sample: Sample,
    train: Mask,
    seed: int,
    rows: int = 12,
) -> list[Finding]:
    """What a later fit reads of a row may not depend on the row's own label.

    In-sample predictions under a stacked model or a calibration curve, and target encodings that count the row
    itself, break this although no test row is touched. One label at a time is flipped.

    Parameters
    ----------
    level : (sample, train) -> (n,) or (n, k) inputs of the later fit; NaN on rows that it does not use.
    rows : training rows that are tried, drawn from the seed.

    Raises
    ------
    NotEnoughDataError
        when no training row has a value.
    """
    clean = level(sample, train)
    used = np.flatnonzero(train & ~np.isnan(clean.reshape(clean.shape[0], -1)).all(axis=1))
    if not used.size:
        raise NotEnoughDataError(f"{stage}: no training row has a value")
    rng = np.random.Generator(np.random.PCG64(seed))
    count = 0
    for row in rng.choice(used, size=min(rows, used.size), replace=False):
        y = sample.y.copy()
        y[row] = sample.y.min() + sample.y.max() - y[row]
        count += bool(moved(clean[row : row + 1], level(replace(sample, y=y), train)[row : row + 1]).any())
    text = f"{count} rows carry their own label into the input of a later fit"
    return [Finding(detector, stage, "own label", count, text)] if count else []
