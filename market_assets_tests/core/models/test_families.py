"""Every family of the registry keeps the same contract."""

from __future__ import annotations

import json

import numpy as np
import pytest

from market_assets.core.compute import Compute
from market_assets.core.errors import BadInputError, IntegrityError, NotEnoughDataError
from market_assets.core.models.capability import CAPABILITIES
from market_assets.core.models.registry import FAMILIES, FAMILY_NAMES, family
from market_assets_tests.core.models.planted import COMPUTE, SMALL, auc, planted

every_family = pytest.mark.parametrize("name", FAMILY_NAMES)


@pytest.fixture(scope="module")
def fitted() -> dict[str, bytes]:
    """One small payload a family, on data with gaps."""
    return {name: family(name).fit(*planted(gaps=0.03), SMALL[name], COMPUTE) for name in FAMILY_NAMES}


def test_the_registry_names_the_five_families():
    """The five families of the first version stand in the registry and in the device table."""
    assert FAMILY_NAMES == ("xgboost", "lightgbm", "catboost", "random_forest", "elastic_net")
    assert set(CAPABILITIES) == set(FAMILY_NAMES)
    with pytest.raises(BadInputError, match="unknown_family"):
        family("prophet")


@every_family
def test_device_table_and_family_agree(name):
    """What a family says about CUDA is what the table says."""
    assert FAMILIES[name].cuda == CAPABILITIES[name].cuda


@every_family
def test_learns_the_planted_signal(name, fitted):
    """Out of sample, a planted linear and interaction effect is ranked far better than chance."""
    x, y, _ = planted(4000, seed=1)
    p = family(name).predict(fitted[name], x, COMPUTE)
    assert p.dtype == np.float64
    assert p.shape == (4000,)
    floor = 0.70 if name == "elastic_net" else 0.74  # a linear score cannot see the interaction
    assert auc(p, y) > floor


@every_family
def test_noise_is_not_learned(name):
    """Where labels have nothing to do with the features, new labels are ranked no better than by chance."""
    rng = np.random.Generator(np.random.PCG64(5))
    x, y, weight = planted()
    payload = family(name).fit(x, rng.permutation(y), weight, SMALL[name], COMPUTE)
    new_x, new_y, _ = planted(4000, seed=1)
    # the standard error of the area is .009 with 2,000 rows a class
    assert abs(auc(family(name).predict(payload, new_x, COMPUTE), rng.permutation(new_y)) - 0.5) < 0.036


@every_family
def test_a_row_of_gaps_gets_a_probability(name, fitted):
    """NaN in every column is scored, and gaps in the training rows are accepted."""
    x = np.full((3, 8), np.nan, dtype=np.float32)
    p = family(name).predict(fitted[name], x, COMPUTE)
    assert np.all((p > 0) & (p < 1))
    assert np.unique(p).size == 1


@every_family
def test_constant_and_empty_columns_are_harmless(name):
    """A constant column and a column without any value get no importance and break nothing."""
    x, y, weight = planted()
    x[:, 3], x[:, 4] = 2.5, np.nan
    payload = family(name).fit(x, y, weight, SMALL[name], COMPUTE)
    importance = family(name).importance(payload)
    assert importance.shape == (8,)
    assert importance[3] == importance[4] == 0
    assert importance.sum() == pytest.approx(1)
    assert importance.argmax() == 0
    assert auc(family(name).predict(payload, x, COMPUTE), y) > 0.7


@every_family
def test_importance_is_all_zero_without_a_split(name):
    """A model that found nothing to split on says so instead of dividing by zero."""
    x, y, weight = planted(200, 3)
    strict = {
        "xgboost": {"min_child_weight": 1e6},
        "lightgbm": {"min_leaf": 1000},
        "catboost": {"rounds": 1, "l2": 1e6},
        "random_forest": {"min_leaf": 1000},
        "elastic_net": {"alpha": 100},
    }[name]
    payload = family(name).fit(x, y, weight, strict, COMPUTE)
    p = family(name).predict(payload, x, COMPUTE)
    if name == "catboost":  # always splits; a huge penalty leaves leaves of no effect
        assert np.ptp(p) < 1e-3
    else:
        assert not family(name).importance(payload).any()
        assert np.unique(p).size == 1
    assert p.mean() == pytest.approx(np.average(y, weights=weight), abs=0.12)


@every_family
def test_one_class_is_not_enough_data(name):
    """A single class, or a class without weight, is a typed gap."""
    x, y, weight = planted(300)
    with pytest.raises(NotEnoughDataError, match="both classes"):
        family(name).fit(x, np.zeros_like(y), weight, SMALL[name], COMPUTE)
    with pytest.raises(NotEnoughDataError, match="both classes"):
        family(name).fit(x, y, np.where(y == 1, 0.0, weight), SMALL[name], COMPUTE)
    with pytest.raises(NotEnoughDataError, match="both classes"):
        family(name).fit(x[:0], y[:0], weight[:0], SMALL[name], COMPUTE)


@every_family
def test_constant_features_are_not_enough_data(name):
    """Features that never change cannot be learned from."""
    x, y, weight = planted(300)
    with pytest.raises(NotEnoughDataError, match="constant"):
        family(name).fit(np.ones_like(x), y, weight, SMALL[name], COMPUTE)


@every_family
def test_weights_matter_and_their_scale_does_not(name, fitted):
    """Other ratios give another model; the same ratios at another scale give the same bytes."""
    x, y, weight = planted(gaps=0.03)
    model = family(name)
    assert model.fit(x, y, weight * 8, SMALL[name], COMPUTE) == fitted[name]
    lifted = model.fit(x, y, np.where(y == 1, 4 * weight, weight), SMALL[name], COMPUTE)
    before, after = (model.predict(payload, x, COMPUTE).mean() for payload in (fitted[name], lifted))
    assert after > before + 0.1


@every_family
def test_same_inputs_same_bytes_other_seed_other_bytes(name, fitted):
    """A fit is a function of data, weights, parameters and seed; elastic net draws nothing."""
    again = family(name).fit(*planted(gaps=0.03), SMALL[name], COMPUTE)
    other = family(name).fit(*planted(gaps=0.03), SMALL[name], Compute(seed=12))
    assert again == fitted[name]
    assert (other == fitted[name]) == (name == "elastic_net")


@every_family
def test_prediction_does_not_depend_on_threads_batch_or_layout(name, fitted):
    """One row at a time, two threads and Fortran order give the same numbers as one call."""
    x, _, _ = planted(40, seed=3, gaps=0.1)
    model = family(name)
    p = model.predict(fitted[name], x, COMPUTE)
    assert np.array_equal(p, model.predict(fitted[name], np.asfortranarray(x), Compute(threads=2)))
    assert np.array_equal(p, [model.predict(fitted[name], row[None, :], COMPUTE)[0] for row in x])
    assert model.predict(fitted[name], x[:0], COMPUTE).shape == (0,)


@every_family
def test_wrong_inputs_are_refused(name, fitted):
    """Width, infinity, labels, weights and shapes are checked before a library sees them."""
    x, y, weight = planted(300)
    model = family(name)
    for rows in (300, 0):
        with pytest.raises(BadInputError, match="feature_count"):
            model.predict(fitted[name], x[:rows, :5], COMPUTE)
    broken = x.copy()
    broken[7, 2] = np.inf
    cases = {
        "feature_finite": (broken, y, weight),
        "feature_shape": (x[:, 0], y, weight),
        "target_shape": (x, y[:-1], weight),
        "label_binary": (x, y + 1, weight),
        "weight_range": (x, y, -weight),
    }
    for rule, (features, label, weights) in cases.items():
        with pytest.raises(BadInputError) as caught:
            model.fit(features, label, weights, SMALL[name], COMPUTE)
        assert caught.value.rule == rule


@every_family
def test_parameters_are_validated(name):
    """Unknown names, wrong types and values out of bounds are refused; the message names what is allowed."""
    model = family(name)
    first, bound = next(iter(model.bounds.items()))
    with pytest.raises(BadInputError, match="allowed: .*" + first) as caught:
        model.resolve({"max_dpeth": 3})
    assert caught.value.rule == "unknown_parameter"
    for value, rule in ((bound.high * 2, "parameter_bounds"), ("3", "parameter_type"), (True, "parameter_type")):
        with pytest.raises(BadInputError) as caught:
            model.resolve({first: value})
        assert caught.value.rule == rule
    with pytest.raises(BadInputError, match="parameter_type"):
        model.resolve({first: float("nan")})
    assert model.resolve({}) == model.defaults
    assert json.loads(json.dumps(model.defaults)) == model.defaults


@every_family
def test_malformed_payloads_are_refused(name, fitted):
    """Cut, garbled, foreign or extended payloads raise IntegrityError and never end the process."""
    x, _, _ = planted(10)
    good = fitted[name]
    foreign = fitted["lightgbm" if name != "lightgbm" else "xgboost"]
    cases = [b"", b"garbage" * 30, bytes(400), b'{"learner": 1}' + bytes(20), b"{L" + bytes(30), foreign]
    cases += [good[: len(good) * k // 7] for k in range(1, 7)]
    cases += [good[:-1], good[1:], good + b"x", good + good]
    for payload in cases:
        with pytest.raises(IntegrityError, match="malformed"):
            family(name).predict(payload, x, COMPUTE)
        with pytest.raises(IntegrityError, match="malformed"):
            family(name).importance(payload)


@every_family
def test_nothing_is_printed_or_written(name, fitted, tmp_path, monkeypatch, capfd):
    """Fit, predict and importance print nothing and leave no file behind."""
    monkeypatch.chdir(tmp_path)
    model = family(name)
    payload = model.fit(*planted(gaps=0.03), SMALL[name], COMPUTE)
    model.predict(payload, planted(20)[0], COMPUTE)
    model.importance(payload)
    assert capfd.readouterr() == ("", "")
    assert list(tmp_path.iterdir()) == []
