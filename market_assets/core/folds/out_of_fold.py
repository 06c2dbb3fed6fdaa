"""Out-of-fold predictions: each row predicted by models that never saw it, put together from the folds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from market_assets.core.errors import IntegrityError, NotEnoughDataError
from market_assets.core.folds import arrow
from market_assets.core.folds.plan import FoldPlan
from market_assets.core.folds.training_set import TrainingSet

OUT_OF_FOLD_VERSION = "1"
FORMAT = "out_of_fold/1"
Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class FoldPrediction:
    """Predictions of one fold: P(y = 1) of the named rows, before and after calibration."""

    rows: NDArray[np.int32]
    raw: Floats
    calibrated: Floats


@dataclass(frozen=True, eq=False)
class OutOfFold:
    """Predictions of one model family on all n rows; NaN where no fold predicts a row.

    ``walk_forward`` and ``walk_forward_raw`` have shape (n,); ``paths`` has shape (P, n), one calibrated series for
    each combinatorial path.
    """

    walk_forward: Floats
    walk_forward_raw: Floats
    paths: Floats

    def to_bytes(self) -> bytes:
        """Arrow IPC bytes; identical for identical content."""
        columns: dict[str, NDArray[Any]] = {
            "walk_forward": self.walk_forward,
            "walk_forward_raw": self.walk_forward_raw,
            **{f"path_{number:03d}": series for number, series in enumerate(self.paths)},
        }
        return arrow.encode(columns, {"format": FORMAT})

    @staticmethod
    def from_bytes(data: bytes) -> OutOfFold:
        """Read ``to_bytes``; anything else is an ``IntegrityError``."""
        columns, header = arrow.decode(data)
        if header.get("format") != FORMAT:
            raise IntegrityError(f"expected a stream of format {FORMAT}, found {header.get('format')!r}")
        paths = [columns[name] for name in sorted(columns) if name.startswith("path_")]
        return OutOfFold(columns["walk_forward"], columns["walk_forward_raw"], np.stack(paths))


def combine(predictions: Mapping[str, FoldPrediction], plan: FoldPlan, data: TrainingSet) -> OutOfFold:
    """Put fold predictions together into one walk-forward series and one series a combinatorial path.

    Parameters
    ----------
    predictions : fold key -> predictions of exactly the fold's test rows.
    plan, data : the fold plan and the training set it was made for.

    Raises
    ------
    NotEnoughDataError
        if a fold of the plan has no prediction: a gap, never a number.
    IntegrityError
        if a fold's rows are not its test rows, or a prediction is not a probability.
    """
    if missing := [fold.key for fold in plan.folds if fold.key not in predictions]:
        raise NotEnoughDataError(f"no prediction of folds {', '.join(missing)}; materialize their fold models")
    full: dict[str, Floats] = {}
    walk_forward = np.full(data.n_rows, np.nan)
    walk_forward_raw = np.full(data.n_rows, np.nan)
    for fold in plan.folds:
        part = predictions[fold.key]
        if not np.array_equal(part.rows, np.flatnonzero(fold.test_rows(data))):
            raise IntegrityError(f"predictions of fold {fold.key} are not those of its test rows")
        if not (np.all(part.calibrated >= 0) and np.all(part.calibrated <= 1)):
            raise IntegrityError(f"fold {fold.key} holds a calibrated prediction outside [0, 1]")
        if fold.kind == "walk_forward":
            walk_forward[part.rows] = part.calibrated
            walk_forward_raw[part.rows] = part.raw
        else:
            full[fold.key] = np.full(data.n_rows, np.nan)
            full[fold.key][part.rows] = part.calibrated
    paths = np.full((len(plan.paths), data.n_rows), np.nan)
    for number in range(len(plan.paths)):
        for (first, last), key in plan.path_of(number):
            inside = (data.t0 >= first) & (data.t0 <= last)
            paths[number, inside] = full[key][inside]
    return OutOfFold(walk_forward, walk_forward_raw, paths)
