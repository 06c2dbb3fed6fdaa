"""The product's own fits, weights, out-of-fold predictions and fold plans pass the proofs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from market_assets.core.folds.plan import make_plan
from market_assets.core.folds.spec import CombinatorialSpec, FoldSpec, WalkForwardSpec, share_of
from market_assets.core.labels.spec import WeightSpec
from market_assets.core.labels.weights import fit_weights
from market_assets.core.leakage.edges import prove_apart, prove_splitter
from market_assets.core.leakage.isolation import prove_blind, prove_isolated
from market_assets.core.leakage.sample import Sample
from market_assets.core.models.calibration import CalibrationSpec
from market_assets.core.models.fitted import predict_rows
from market_assets.core.models.fold_fit import fit_fold
from market_assets.core.transforms.base import Rows
from market_assets.core.transforms.chain import fit_chain
from market_assets_tests.core.models.planted import COMPUTE, SMALL, training_set
from market_assets_tests.core.transforms.samples import spec_of

DATA = training_set(sessions=160, symbols=3)
SPEC = FoldSpec(
    walk_forward=WalkForwardSpec(folds=3, min_train=0.4),
    combinatorial=CombinatorialSpec(groups=4, test_groups=2),
    embargo=0.02,
)
ROWS = Sample(
    x=DATA.x.astype(np.float64),
    y=DATA.y.astype(np.float64),
    weight=DATA.weight,
    code=DATA.code.astype(np.int64),
    group=np.arange(DATA.n_rows),
    t0=DATA.t0.astype(np.int64),
    t1=DATA.t1.astype(np.int64),
)
PROBE = replace(DATA, x=np.random.Generator(np.random.PCG64(3)).standard_normal(DATA.x.shape).astype(np.float32))
PARTS = {"weights": WeightSpec(), "calibration": CalibrationSpec(min_rows=20), "compute": COMPUTE}


def restore(sample):
    """The training set with the values of a sample; ``group`` remembers the rows."""
    kept = sample.group
    return replace(
        DATA,
        x=sample.x.astype(np.float32),
        y=sample.y.astype(np.int8),
        weight=sample.weight,
        t1=sample.t1.astype(np.int32),
        **{name: getattr(DATA, name)[kept] for name in ("ret", "trainable", "code", "ts", "t0")},
    )


CHAIN = (
    spec_of("winsorize"),
    spec_of("clusters", columns=["f3", "f4"], clusters=3),
    spec_of("select"),
    spec_of("standard"),
)


def fold_stage(name="elastic_net", leak=False, transforms=()):
    def fit(sample, train, test):
        data = restore(sample)
        if leak:  # a column centred over all rows before the fold is cut
            data = replace(data, x=data.x - np.nanmean(data.x, axis=0))
        done = fit_fold(data, train, test, family=name, params=SMALL[name], key="wf00", transforms=transforms, **PARTS)
        scores = predict_rows(name, done.payload, PROBE, np.arange(5), COMPUTE)
        return {
            "payload": np.frombuffer(done.payload, dtype=np.uint8),
            "curve": np.concatenate([done.calibrator.x, done.calibrator.y]),
            "scores": done.calibrator.apply(scores),
        }

    return fit


FOLD = make_plan(DATA, SPEC).fold("wf01")
TRAIN, TEST = FOLD.train_rows(DATA), FOLD.test_rows(DATA)


def test_fold_fit_is_isolated():
    """Model bytes, calibration curve and scores rest on the training rows alone."""
    assert prove_isolated("isolation", "fit", fold_stage(), ROWS, TRAIN, TEST, seed=1) == []


def test_fitted_transforms_are_isolated():
    """So do the transforms before the model; one that was fitted on all rows beforehand is caught."""
    assert prove_isolated("isolation", "fit", fold_stage(transforms=CHAIN), ROWS, TRAIN, TEST, seed=1) == []

    def scaled_over_all(sample, train, test):
        data = restore(sample)
        every = Rows.of(data, np.arange(data.n_rows))
        _, scaled = fit_chain(every, (spec_of("standard"),), 0)
        return fold_stage()(replace(sample, x=scaled.x.astype(np.float64)), train, test)

    assert prove_isolated("isolation", "fit", scaled_over_all, ROWS, TRAIN, TEST, seed=1)


def test_a_leak_around_the_fold_fit_is_caught():
    """Centring before the fold is enough."""
    found = prove_isolated("isolation", "fit", fold_stage(leak=True), ROWS, TRAIN, TEST, seed=1)
    assert any(one.variant.startswith("features") for one in found)


def test_fit_weights_are_isolated():
    """Concurrency, decay and balance count training rows; the stored weight of a leaky caller does not."""
    spec = WeightSpec(decay=0.5)

    def weights(sample, train, test):
        return {"weight": fit_weights(restore(sample), train, spec)[train]}

    def over_all(sample, train, test):
        data = restore(sample)
        return {"weight": fit_weights(data, data.trainable, spec)[train]}

    assert prove_isolated("isolation", "weights", weights, ROWS, TRAIN, TEST, seed=1) == []
    assert prove_isolated("isolation", "weights", over_all, ROWS, TRAIN, TEST, seed=1)


def out_of_fold(honest):
    """Walk-forward scores of the product's folds, or of folds that train on their test rows too."""

    def level(sample, train):
        data = restore(sample)
        out = np.full(data.n_rows, np.nan)
        for key in ("wf00", "wf01"):
            fold = make_plan(DATA, SPEC).fold(key)
            fit, test = fold.train_rows(data), fold.test_rows(data)
            if not honest:
                fit, test = fit | (test & data.trainable), np.zeros_like(test)
            done = fit_fold(data, fit, test, family="elastic_net", params={}, key=key, **PARTS)
            rows = np.flatnonzero(fold.test_rows(data))
            out[rows] = predict_rows("elastic_net", done.payload, data, rows, COMPUTE)
        return out

    return level


def test_out_of_fold_predictions_do_not_know_their_label():
    """What calibration and ensembles read of a row comes from models that never saw it."""
    assert prove_blind("own label", "level", out_of_fold(True), ROWS, DATA.trainable, seed=1, rows=5) == []
    assert prove_blind("own label", "level", out_of_fold(False), ROWS, DATA.trainable, seed=1, rows=5)


def plan_stage(kind):
    def folds(sample):
        data = restore(sample)
        plan = make_plan(data, SPEC)
        return [(fold.train_rows(data), fold.test_rows(data)) for fold in plan.folds if fold.kind == kind]

    return folds


@pytest.mark.parametrize("kind", ["walk_forward", "combinatorial"])
def test_fold_plans_keep_apart(kind):
    """Whatever the label lengths, no split of the planner shares a session, an embargo or a row."""
    embargo = share_of(SPEC.embargo, DATA.sessions.size)
    assert prove_splitter("fold edge", "folds", plan_stage(kind), ROWS, embargo, seed=1) == []
    more = [(train | (DATA.t1 == DATA.t0[test].min()) & ~test, test) for train, test in plan_stage(kind)(ROWS)]
    assert prove_apart("fold edge", "folds", more, ROWS, embargo)
