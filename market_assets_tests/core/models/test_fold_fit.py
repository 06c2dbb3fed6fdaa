"""One fit on one fold."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from market_assets.core.compute import Compute
from market_assets.core.errors import NotEnoughDataError
from market_assets.core.labels.spec import WeightSpec
from market_assets.core.models.calibration import CalibrationSpec, Calibrator
from market_assets.core.models.fold_fit import derive_seed, fit_fold, refit, split_calibration
from market_assets.core.models.registry import FAMILY_NAMES, family
from market_assets_tests.core.models.planted import COMPUTE, SMALL, auc, training_set

DATA = training_set(symbols=8)
TRAIN = DATA.trainable & (DATA.t1 < 240)
TEST = DATA.t0 >= 240
SPEC = CalibrationSpec()


def _fit(name="xgboost", data=DATA, train=TRAIN, test=TEST, compute=COMPUTE, key="wf00", spec=SPEC):
    return fit_fold(
        data,
        train,
        test,
        family=name,
        params=SMALL[name],
        weights=WeightSpec(),
        calibration=spec,
        compute=compute,
        key=key,
    )


def _splits_overlap(data, fit, curve):
    """Definition: some model label is still running when some curve label runs."""
    pairs = ((i, j) for i in np.flatnonzero(fit) for j in np.flatnonzero(curve))
    return any(data.t0[i] <= data.t1[j] and data.t1[i] >= data.t0[j] for i, j in pairs)


def test_calibration_split_is_last_purged_and_trainable():
    """The curve has the last fifth of the training sessions; no model label reaches into it."""
    data = training_set(60, 2, horizon=5)
    train = data.trainable & (data.t1 < 50)
    fit, curve = split_calibration(data, train, replace(SPEC, min_rows=5))
    sessions = np.unique(data.t0[train])
    assert set(np.unique(data.t0[curve])) == set(sessions[-9:])
    assert np.all(train[fit | curve])
    assert not np.any(fit & curve)
    assert not _splits_overlap(data, fit, curve)
    # planted bug: without the purge the labels of the rows just before do overlap
    assert _splits_overlap(data, train & (data.t0 < data.t0[curve].min()), curve)


def test_split_holds_with_a_hole_in_the_training_rows():
    """Around a combinatorial test block the rule is the same."""
    data = training_set(120, 2, horizon=5)
    train = data.trainable & ((data.t1 < 50) | (data.t0 > 80))
    fit, curve = split_calibration(data, train, replace(SPEC, min_rows=5))
    assert not _splits_overlap(data, fit, curve)
    assert fit.sum() + curve.sum() < train.sum()


@pytest.mark.parametrize("name", FAMILY_NAMES)
def test_out_of_fold_predictions_carry_the_signal(name):
    """Every family ranks the test rows, calibrated values keep the order, and the parts reproduce them."""
    fit = _fit(name)
    assert fit.rows.dtype == np.int32
    assert np.array_equal(fit.rows, np.flatnonzero(TEST))
    assert auc(fit.calibrated, DATA.y[fit.rows]) > 0.68
    assert np.all(np.diff(fit.calibrated[np.argsort(fit.raw, kind="stable")]) >= 0)
    again = family(name).predict(fit.payload, DATA.x[TEST], COMPUTE)
    assert np.array_equal(again, fit.raw)
    curve = Calibrator.from_payload(fit.calibrator.to_payload())
    assert np.array_equal(curve.apply(again), fit.calibrated)
    assert fit.n_fit + fit.n_calibration < TRAIN.sum()


def test_nothing_outside_the_training_rows_changes_the_model():
    """Perturbing features and labels of all other rows leaves payload and curve byte-equal."""
    rng = np.random.Generator(np.random.PCG64(8))
    x, y = DATA.x.copy(), DATA.y.copy()
    x[~TRAIN] = rng.standard_normal((int((~TRAIN).sum()), 6)) * 100
    y[~TRAIN] = 1 - y[~TRAIN]
    before, after = _fit(), _fit(data=replace(DATA, x=x, y=y))
    assert after.payload == before.payload
    assert after.calibrator.to_payload() == before.calibrator.to_payload()
    assert not np.array_equal(after.raw, before.raw)


def test_the_model_does_not_see_the_calibration_labels():
    """Flipping the labels of the calibration rows changes the curve and not the model."""
    _, curve = split_calibration(DATA, TRAIN, SPEC)
    before, after = _fit(), _fit(data=replace(DATA, y=np.where(curve, 1 - DATA.y, DATA.y).astype(np.int8)))
    assert after.payload == before.payload
    assert after.calibrator.to_payload() != before.calibrator.to_payload()


def test_seed_comes_from_base_seed_family_and_key_only():
    """Another base seed or fold key gives another seed and model; workers and memory do not."""
    first = _fit()
    assert first.seed == derive_seed(COMPUTE.seed, "xgboost", "wf00")
    assert _fit(compute=replace(COMPUTE, workers=9, memory_mb=1)).payload == first.payload
    assert _fit(key="wf01").payload != first.payload
    assert _fit(compute=Compute(seed=12)).payload != first.payload
    seeds = {derive_seed(s, f, k) for s in range(5) for f in FAMILY_NAMES for k in ("wf00", "cp00")}
    assert len(seeds) == 50
    assert all(0 <= seed < 2**31 for seed in seeds)


def test_refit_is_the_same_fit_without_test_rows():
    """A champion is fitted like a fold, with nothing to predict."""
    fit = refit(
        DATA,
        TRAIN,
        family="lightgbm",
        params=SMALL["lightgbm"],
        weights=WeightSpec(),
        calibration=SPEC,
        compute=COMPUTE,
        key="wf00",
    )
    assert fit.rows.size == fit.raw.size == fit.calibrated.size == 0
    assert fit.payload == _fit("lightgbm").payload


def test_too_little_data_is_a_gap_that_names_the_fold():
    """Few rows or one class raise NotEnoughDataError with family and fold."""
    with pytest.raises(NotEnoughDataError, match="fold wf00, xgboost"):
        _fit(train=TRAIN & (DATA.t0 < 20))
    with pytest.raises(NotEnoughDataError, match="both classes"):
        _fit(data=replace(DATA, y=np.ones_like(DATA.y)))
    with pytest.raises(NotEnoughDataError, match="two training sessions"):
        _fit(train=np.zeros_like(TRAIN))


def test_rows_in_both_masks_are_refused():
    """A row cannot be trained on and tested."""
    with pytest.raises(ValueError, match="in train and in test"):
        _fit(test=TEST | TRAIN)


def test_the_curve_can_be_a_sigmoid():
    """The method of the calibration changes the curve and its values, not the model, and is stored with the fit."""
    plain, sigmoid = _fit(), _fit(spec=replace(SPEC, method="platt"))
    assert sigmoid.payload == plain.payload
    assert sigmoid.calibrator.to_payload()["format"] == "platt/1"
    curve = Calibrator.from_payload(sigmoid.calibrator.to_payload())
    assert np.array_equal(curve.apply(sigmoid.raw), sigmoid.calibrated)
    assert not np.array_equal(sigmoid.calibrated, plain.calibrated)
    assert auc(sigmoid.calibrated, DATA.y[sigmoid.rows]) > 0.68
