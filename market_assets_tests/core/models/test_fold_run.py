"""Folds side by side."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from market_assets.core.errors import NotEnoughDataError
from market_assets.core.folds.plan import make_plan
from market_assets.core.folds.spec import FoldSpec
from market_assets.core.labels.spec import WeightSpec
from market_assets.core.models.calibration import CalibrationSpec
from market_assets.core.models.fold_run import fit_folds, side_by_side
from market_assets.core.models.registry import FAMILY_NAMES
from market_assets_tests.core.models.planted import COMPUTE, SMALL, training_set

DATA = training_set(symbols=8)
FOLDS = {
    f"wf{k:02d}": (DATA.trainable & (DATA.t1 < first), (DATA.t0 >= first) & (DATA.t0 < first + 40))
    for k, first in enumerate((260, 180, 220))
}


def _run(name, workers, folds=FOLDS, progress=None):
    return fit_folds(
        DATA,
        folds,
        family=name,
        params=SMALL[name],
        weights=WeightSpec(),
        calibration=CalibrationSpec(),
        compute=replace(COMPUTE, workers=workers),
        progress=progress,
    )


@pytest.mark.parametrize("name", FAMILY_NAMES)
def test_side_by_side_equals_one_after_the_other(name):
    """Three at a time and one at a time give the same payloads and predictions in the same order."""
    one, three = _run(name, 1), _run(name, 3)
    assert list(one) == list(three) == list(FOLDS)
    for key in FOLDS:
        assert one[key].payload == three[key].payload
        assert np.array_equal(one[key].calibrated, three[key].calibrated)


def test_every_fold_of_a_plan_is_fitted():
    """Walk-forward folds predict each of their rows once, the fifteen combinatorial folds every row five times."""
    plan = make_plan(DATA, FoldSpec())
    fits = _run("elastic_net", 2, {fold.key: (fold.train_rows(DATA), fold.test_rows(DATA)) for fold in plan.folds})
    counts = {kind: np.zeros(DATA.n_rows, dtype=int) for kind in ("wf", "cp")}
    for key, fit in fits.items():
        counts[key[:2]][fit.rows] += 1
        assert np.all((fit.calibrated >= 0.001) & (fit.calibrated <= 0.999))
    assert set(counts["cp"]) == {5}
    assert set(counts["wf"]) == {0, 1}


def test_progress_is_reported_in_order():
    """The callback sees every fold once, in fold order, with the count done."""
    seen = []
    _run("elastic_net", 2, progress=lambda *step: seen.append(step))
    assert seen == [("wf00", 1, 3), ("wf01", 2, 3), ("wf02", 3, 3)]


def test_a_failing_fold_is_raised_and_named():
    """A fold without enough data stops the run with its name."""
    empty = np.zeros(DATA.n_rows, dtype=bool)
    with pytest.raises(NotEnoughDataError, match="fold wf09"):
        _run("elastic_net", 2, {**FOLDS, "wf09": (empty, empty)})


def test_memory_budget_bounds_the_workers():
    """As many fits as the budget carries, at least one, and one on a GPU."""
    compute = replace(COMPUTE, workers=4, memory_mb=4096)
    assert side_by_side(compute, 38_000, 130) == 4
    assert side_by_side(replace(compute, memory_mb=250), 38_000, 130) == 2
    assert side_by_side(replace(compute, memory_mb=1), 38_000, 130) == 1
    assert side_by_side(replace(compute, device="cuda:0"), 38_000, 130) == 1
