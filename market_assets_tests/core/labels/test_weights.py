"""Sample weights of one fit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from market_assets.core.errors import NotEnoughDataError
from market_assets.core.labels.sequential import draw_counts
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
SPECS += [
    WeightSpec(uniqueness=False, attribution=True, decay=0.25),
    WeightSpec(uniqueness=False, attribution=True, balance=False),
    WeightSpec(uniqueness=False, draws=3, draw_seed=5, decay=-0.5),
    WeightSpec(uniqueness=False, draws=1, balance=False),
]


def with_steps(data, rng):
    """The set with a return for every bar."""
    return replace(data, step=rng.normal(0, 0.01, data.n_rows))


def outside_the_labels(data, mask):
    """Rows whose session lies in no label of the mask: bars that no fit of the mask may read."""
    inside = np.zeros(data.n_rows, np.bool_)
    for row in np.flatnonzero(mask):
        inside |= (data.code == data.code[row]) & (data.t0 > data.t0[row]) & (data.t0 <= data.t1[row])
    return ~inside


@pytest.mark.parametrize("spec", SPECS, ids=str)
def test_rows_outside_the_fit_change_nothing(spec):
    """Other labels, classes and returns outside the mask, and bars outside its labels, leave the same bytes."""
    for seed in range(10):
        rng = np.random.default_rng(seed)
        data = with_steps(random_set(rng), rng)
        mask = data.trainable & (rng.random(data.n_rows) < 0.5)
        t1, y, ret = data.t1.copy(), data.y.copy(), data.ret.copy()
        t1[~mask], y[~mask], ret[~mask] = data.sessions.size - 1, 1, 9.0
        step = np.where(outside_the_labels(data, mask), 9.0, data.step)
        assert np.any(step == 9.0)
        other = replace(data, t1=t1, y=y, ret=ret, weight=data.weight * 7, trainable=mask.copy(), step=step)
        assert fit_weights(data, mask, spec).tobytes() == fit_weights(other, mask, spec).tobytes()


@pytest.mark.parametrize("spec", SPECS, ids=str)
def test_weights_average_one_and_balance_the_classes(spec):
    """Mean 1 over the fit, 0 outside, and equal class totals when asked for."""
    data = with_steps(random_set(np.random.default_rng(4)), np.random.default_rng(4))
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


@pytest.mark.parametrize("spec", [one for one in SPECS if one.attribution or one.draws], ids=str)
def test_weights_of_a_past_fit_do_not_know_the_future(spec):
    """Cut off after the last session that the fit may know, the set gives the same weights."""
    rng = np.random.default_rng(11)
    data = with_steps(random_set(rng), rng)
    now = data.sessions.size // 2
    mask = data.trainable & (data.t1 < now)
    past = data.t0 < now
    arrays = {name: getattr(data, name)[past] for name in ("x", "y", "ret", "weight", "code", "ts", "t0", "step")}
    ends = np.minimum(data.t1[past], now - 1).astype(np.int32)
    cut = replace(data, **arrays, t1=ends, trainable=mask[past], sessions=data.sessions[:now])
    np.testing.assert_array_equal(fit_weights(cut, mask[past], spec), fit_weights(data, mask, spec)[past])


def test_attribution_of_labels_that_do_not_overlap_is_the_size_of_their_move():
    """Two labels of a symbol, each alone: their weights stand as the sizes of their summed returns after entry."""
    data = replace(
        intervals([0, 3, 1, 2, 4, 5], [2, 5, 1, 2, 4, 5], trainable=[True, True] + [False] * 4),
        step=np.array([9.0, 9.0, 0.01, 0.02, -0.02, 0.01]),
    )
    weights = fit_weights(data, data.trainable, WeightSpec(uniqueness=False, attribution=True, balance=False))
    np.testing.assert_allclose(weights[:2], np.array([0.03, 0.01]) / 0.02)


def test_attribution_needs_the_returns_and_a_move():
    """A set assembled without returns is the caller's bug; labels without a move have no weight to share."""
    data = intervals(range(6), range(6))
    spec = WeightSpec(uniqueness=False, attribution=True, balance=False)
    with pytest.raises(ValueError, match="assembled with bar returns"):
        fit_weights(data, data.trainable, spec)
    with pytest.raises(NotEnoughDataError, match="no training row has a weight"):
        fit_weights(replace(data, step=np.zeros(6)), data.trainable, spec)


def test_many_draws_approach_the_order_of_uniqueness():
    """A label that overlaps others is drawn less often than one that stands alone, and the counts add up."""
    data = intervals([0, 0, 0, 1, 5], [3, 3, 3, 2, 6])
    counts = draw_counts(data.code, data.t0, data.t1, data.sessions.size, 400, 0)
    assert counts.sum() == pytest.approx(5)
    assert counts[4] == counts.max()
    assert counts[4] > 1.1 * counts[0]
    again = draw_counts(data.code, data.t0, data.t1, data.sessions.size, 400, 0)
    assert counts.tobytes() == again.tobytes()


def test_two_answers_to_overlap_are_refused():
    """Uniqueness, attribution and draws each share a label's weight among those beside it; one is enough."""
    for wrong in ({"attribution": True}, {"draws": 1}, {"uniqueness": False, "attribution": True, "draws": 1}):
        with pytest.raises(ValueError, match="switch off the rest"):
            WeightSpec(**wrong)


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
