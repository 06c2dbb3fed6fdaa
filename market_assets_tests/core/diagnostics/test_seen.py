"""Importance behind fitted transforms: what every fold's model sees, under one name a column, against plain loops."""

from dataclasses import replace

import numpy as np
import pytest

from market_assets.core.diagnostics.family_importance import family_importance
from market_assets.core.diagnostics.seen import CLUSTERS, Seen
from market_assets.core.diagnostics.spec import DiagnosticsSpec
from market_assets.core.folds.plan import make_plan
from market_assets.core.folds.spec import CombinatorialSpec, FoldSpec, WalkForwardSpec
from market_assets.core.labels.spec import WeightSpec
from market_assets.core.models.calibration import CalibrationSpec
from market_assets.core.models.contributions import explain
from market_assets.core.models.fitted import predict_rows
from market_assets.core.models.fold_run import fit_folds
from market_assets.core.models.registry import family as family_of
from market_assets.core.transforms.spec import ClusterSpec, SelectSpec, StandardSpec
from market_assets_tests.core.models.planted import COMPUTE, SMALL, training_set

FAMILY = "lightgbm"
SPEC = DiagnosticsSpec(top=9, permuted_rows=10_000, explained_rows=10_000)
CALIBRATION = CalibrationSpec(min_rows=20)
TRANSFORMS = (
    ClusterSpec(kind="clusters", columns=("f0", "f3"), clusters=3, output="distance"),
    SelectSpec(kind="select"),
    StandardSpec(kind="standard"),
)


@pytest.fixture(scope="module")
def chain():
    """Rows with a column that repeats another and one that begins late, the payloads behind transforms, the figures."""
    data = training_set(sessions=400, symbols=6)
    late = np.where(data.t0 < 200, 0.0, np.random.default_rng(3).normal(size=data.n_rows) + data.y)
    x = np.column_stack([data.x, 2.0 * data.x[:, 1], late]).astype(np.float32)
    data = replace(data, feature_names=(*data.feature_names, "twin", "late"), x=x)
    spec = FoldSpec(walk_forward=WalkForwardSpec(folds=3), combinatorial=CombinatorialSpec(groups=4, test_groups=2))
    plan = make_plan(data, spec)
    masks = {fold.key: (fold.train_rows(data), fold.test_rows(data)) for fold in plan.folds[:4]}
    fits = fit_folds(
        data,
        masks,
        family=FAMILY,
        params=SMALL[FAMILY],
        weights=WeightSpec(),
        calibration=CALIBRATION,
        compute=COMPUTE,
        transforms=TRANSFORMS,
    )
    payloads = {key: fit.payload for key, fit in fits.items()}
    return data, plan, payloads, family_importance(FAMILY, data, plan, payloads, CALIBRATION, SPEC, COMPUTE)


def seen_by_hand(chain, fold: str):
    """Test rows of a fold, and what its model sees of them: values and names."""
    data, plan, payloads, _ = chain
    rows = np.flatnonzero(plan.fold(fold).test_rows(data) & data.trainable)
    rows = rows[np.argsort(data.t0[rows], kind="stable")]
    one = Seen.of(payloads[fold], data.feature_names)
    return one, rows, one.rows(data, rows)


def test_columns_are_those_the_models_see(chain):
    """What selection drops everywhere is not there, what it drops in some folds is, and clusters stand together."""
    data, _, payloads, found = chain
    assert found.names == ("f0", "f1", "f2", "f3", "f4", "f5", "late", CLUSTERS)
    kept = {fold: "late" in Seen.of(payload, data.feature_names).columns for fold, payload in payloads.items()}
    assert set(kept.values()) == {True, False}
    late = found.names.index("late")
    for number, fold in enumerate(found.folds):
        assert found.gain[number].sum() == pytest.approx(1.0)
        assert (found.gain[number, late] > 0.0) == kept[fold]
    for number, fold in enumerate(found.walk_forward):
        assert np.isnan(found.permutation[number, late]) == (not kept[fold])


def test_a_shuffle_is_one_of_what_the_model_sees(chain):
    """Equal to shuffling the transformed column by hand; the distances to all clusters are shuffled together."""
    data, _, payloads, found = chain
    model = family_of(FAMILY)
    for number, fold in enumerate(found.walk_forward):
        one, rows, x = seen_by_hand(chain, fold)
        honest = model.predict(one.model, x, COMPUTE)
        assert np.array_equal(honest, predict_rows(FAMILY, payloads[fold], data, rows, COMPUTE))
        for name, wanted in (("f0", ["f0"]), (CLUSTERS, [c for c in one.columns if c.startswith(CLUSTERS)])):
            place, columns = found.names.index(name), [one.columns.index(column) for column in wanted]
            order = np.random.default_rng([COMPUTE.seed, number, place]).permutation(len(x))
            shuffled = x.copy()
            for column in columns:
                shuffled[:, column] = x[order, column]
            lost = np.mean((model.predict(one.model, shuffled, COMPUTE) - data.y[rows]) ** 2)
            want = lost - np.mean((honest - data.y[rows]) ** 2)
            assert found.permutation[number, place] == pytest.approx(want, abs=1e-12)


def test_contributions_add_up_over_what_stands_together(chain):
    """The share of the clusters is that of the sum of their contributions; they have no direction."""
    _, _, _, found = chain
    for number, fold in enumerate(found.walk_forward):
        one, _, x = seen_by_hand(chain, fold)
        values = explain(FAMILY, one.model, x, x, 1).values
        size = dict.fromkeys(found.names, 0.0)
        for name in found.names:
            own = [
                k
                for k, column in enumerate(one.columns)
                if column == name or (name == CLUSTERS and column.startswith(name))
            ]
            size[name] = np.abs(values[:, own].sum(axis=1)).mean() if own else 0.0
        want = np.array(list(size.values())) / sum(size.values())
        assert found.contribution[number] == pytest.approx(want, abs=1e-12)
        assert np.isnan(found.direction[number, found.names.index(CLUSTERS)])
        assert found.direction[number, 0] > 0.9
