"""Sample weights of one fit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from market_assets.core.errors import NotEnoughDataError
from market_assets.core.labels.spec import WeightSpec
from market_assets.core.labels.uniqueness import average_uniqueness, time_decay
from market_assets.core.labels.weights import class_balance, fit_weights
from market_assets_tests.core.folds.sets import intervals, random_set

SPECS = [
    WeightSpec(uniqueness=uniqueness, decay=decay, balance=balance)
    for uniqueness in (False, True)
    for decay in (1.0, 0.25, -0.5)
    for balance in (False, True)
]


@pytest.mark.parametrize("spec", SPECS, ids=str)
def test_rows_outside_the_fit_change_nothing(spec):
    """Other labels, other classes, other returns outside the mask leave the same bytes."""
    for seed in range(10):
        rng = np.random.default_rng(seed)
        data = random_set(rng)
        mask = data.trainable & (rng.random(data.n_rows) < 0.5)
        t1, y, ret = data.t1.copy(), data.y.copy(), data.ret.copy()
        t1[~mask], y[~mask], ret[~mask] = data.sessions.size - 1, 1, 9.0
        other = replace(data, t1=t1, y=y, ret=ret, weight=data.weight * 7, trainable=mask.copy())
        assert fit_weights(data, mask, spec).tobytes() == fit_weights(other, mask, spec).tobytes()


@pytest.mark.parametrize("spec", SPECS, ids=str)
def test_weights_average_one_and_balance_the_classes(spec):
    """Mean 1 over the fit, 0 outside, and equal class totals when asked for."""
    data = random_set(np.random.default_rng(4))
    data = replace(data, y=(np.arange(data.n_rows) % 5 == 0).astype(np.int8))
    mask = data.trainable.copy()
    weights = fit_weights(data, mask, spec)
    assert weights[mask].mean() == pytest.approx(1)
    assert not weights[~mask].any()
    if spec.balance:
        assert weights[data.y == 1].sum() == pytest.approx(weights[data.y == 0].sum())


def test_weights_are_the_product_of_their_parts():
    """Uniqueness times decay, scaled: nothing else enters."""
    data = random_set(np.random.default_rng(5))
    mask = data.trainable
    unique = average_uniqueness(data.code, data.t0, data.t1, mask, data.sessions.size)[mask]
    product = unique * time_decay(unique, data.t0[mask], 0.5)
    weights = fit_weights(data, mask, WeightSpec(decay=0.5, balance=False))
    np.testing.assert_allclose(weights[mask], product / product.mean())


def test_nothing_asked_for_means_ones():
    """Without uniqueness, decay and balance every row weighs 1."""
    data = intervals(range(6), range(6))
    spec = WeightSpec(uniqueness=False, balance=False)
    assert fit_weights(data, data.trainable, spec).tolist() == [1.0] * 6


def test_one_class_cannot_be_balanced():
    """A fit with one class is a typed error that counts both."""
    data = intervals(range(6), range(6), y=[1] * 6)
    with pytest.raises(NotEnoughDataError, match=r"0 rows are down .* 6 rows are up"):
        fit_weights(data, data.trainable, WeightSpec())


def test_an_empty_fit_is_a_typed_error():
    """No rows, no weights."""
    data = intervals(range(6), range(6))
    with pytest.raises(NotEnoughDataError, match="at least one training row"):
        fit_weights(data, np.zeros(6, np.bool_), WeightSpec())


def test_rows_without_a_label_are_refused():
    """A mask that reaches beyond the trainable rows is a bug of the caller."""
    data = intervals(range(6), range(6), trainable=[True] * 5 + [False])
    with pytest.raises(ValueError, match="without a usable label"):
        fit_weights(data, np.ones(6, np.bool_), WeightSpec())


def test_three_classes_get_a_third_each():
    """The sum of the weights stays, each class has the same part of it; a missing class is a typed error."""
    rng = np.random.default_rng(0)
    weights, codes = rng.random(60), np.arange(60) % 6 // 2
    weights[codes == 1] *= 9
    balanced = weights * class_balance(weights, codes, ("down", "flat", "up"))
    np.testing.assert_allclose(np.bincount(codes, weights=balanced), np.full(3, weights.sum() / 3))
    for names in (("down", "flat", "up", "far up"), ("down", "up")):
        with pytest.raises(NotEnoughDataError, match=f"all of {len(names)} classes; 20 rows are down"):
            class_balance(weights, codes, names)
