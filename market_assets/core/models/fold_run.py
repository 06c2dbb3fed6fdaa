"""Several folds side by side, in a fixed order of results."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from market_assets.core.compute import Compute
from market_assets.core.models.calibration import CalibrationSpec
from market_assets.core.models.fold_fit import FoldFit, Mask, fit_fold

if TYPE_CHECKING:
    from market_assets.core.folds.training_set import TrainingSet
    from market_assets.core.labels.spec import WeightSpec

Progress = Callable[[str, int, int], None]
# Memory of one fit over the size of its float32 matrix: the rows taken out, and 3.5 times that at the peak of the
# widest family (LightGBM; measured on 114,000 x 130), rounded up.
COPIES = 5


def side_by_side(compute: Compute, n_rows: int, n_features: int) -> int:
    """Fits that may run at once: ``compute.workers``, but no more than the memory budget carries; 1 on a GPU."""
    if compute.device != "cpu":
        return 1
    fit_mb = COPIES * 4 * n_rows * n_features / 2**20
    return max(1, min(compute.workers, int(compute.memory_mb / max(fit_mb, 1.0))))


def iter_folds(
    data: TrainingSet,
    folds: Mapping[str, tuple[Mask, Mask]],
    *,
    family: str,
    params: Mapping[str, Any],
    weights: WeightSpec,
    calibration: CalibrationSpec,
    compute: Compute,
    transforms: Sequence[Any] = (),
) -> Iterator[FoldFit]:
    """Yield one fit a fold, in the order of ``folds``.

    Fits run in threads: the libraries release the interpreter lock while they train. The result does not
    depend on how many run at once. The first failure in fold order is raised and the fits not yet begun are dropped.
    """

    def one(key: str) -> FoldFit:
        train, test = folds[key]
        return fit_fold(
            data,
            train,
            test,
            family=family,
            params=params,
            weights=weights,
            calibration=calibration,
            compute=compute,
            key=key,
            transforms=transforms,
        )

    with ThreadPoolExecutor(side_by_side(compute, data.n_rows, data.x.shape[1])) as pool:
        pending = [pool.submit(one, key) for key in folds]
        try:
            for future in pending:
                yield future.result()
        finally:
            for future in pending:
                future.cancel()


def fit_folds(
    data: TrainingSet,
    folds: Mapping[str, tuple[Mask, Mask]],
    *,
    family: str,
    params: Mapping[str, Any],
    weights: WeightSpec,
    calibration: CalibrationSpec,
    compute: Compute,
    progress: Progress | None = None,
    transforms: Sequence[Any] = (),
) -> dict[str, FoldFit]:
    """All fits by fold key, in the order of ``folds``; ``progress(key, done, total)`` is called in that order."""
    done: dict[str, FoldFit] = {}
    fits = iter_folds(
        data,
        folds,
        family=family,
        params=params,
        weights=weights,
        calibration=calibration,
        compute=compute,
        transforms=transforms,
    )
    for fit in fits:
        done[fit.key] = fit
        if progress is not None:
            progress(fit.key, len(done), len(folds))
    return done
