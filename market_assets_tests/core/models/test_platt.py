"""Platt calibration."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from market_assets.core.errors import IntegrityError, NotEnoughDataError
from market_assets.core.models.calibration import CalibrationSpec, Calibrator, ece, fit_curve
from market_assets.core.models.platt import PlattCalibrator, platt_targets, sigmoid_fit
from market_assets_tests.golden.cases import case

ITEM = case("platt_scaling", "twelve")
SCORES, LABELS = np.array(ITEM["inputs"]["scores"]), np.array(ITEM["inputs"]["labels"])


def plain_fit(scores, targets):
    """The likelihood as it is written, minimised by a general routine."""

    def loss(beta):
        p = 1.0 / (1.0 + np.exp(beta[0] * scores + beta[1]))
        return -np.sum(targets * np.log(p) + (1 - targets) * np.log(1 - p))

    return minimize(loss, [0.0, 0.0], method="BFGS", options={"gtol": 1e-9}).x


def test_published_fit():
    """A, B and probabilities with Platt's targets, A and B of the plain logistic fit."""
    want, tol = ITEM["expected"]["with_platt_targets"], ITEM["tolerance"]
    curve = PlattCalibrator.fit(SCORES, LABELS)
    assert [curve.slope, curve.offset] == pytest.approx([want["A"], want["B"]], abs=tol)
    assert curve.apply(SCORES) == pytest.approx(want["prob"], abs=tol)
    plain = ITEM["expected"]["plain_logistic"]
    assert sigmoid_fit(SCORES, LABELS) == pytest.approx((plain["A"], plain["B"]), abs=tol)


def test_targets_are_pulled_towards_one_half():
    """Seven of eight and one of eight, here with six outcomes of each kind."""
    assert platt_targets(LABELS)[LABELS == 1] == pytest.approx(7 / 8)
    assert platt_targets(LABELS)[LABELS == 0] == pytest.approx(1 / 8)
    assert platt_targets([1, 0, 0]).tolist() == [2 / 3, 1 / 4, 1 / 4]


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(5, 60), st.floats(-3, 3))
def test_equal_to_the_plain_likelihood(seed, n, strength):
    """Newton steps find the optimum that a general minimiser finds; either sign of the slope."""
    rng = np.random.default_rng(seed)
    scores = rng.normal(size=n)
    targets = platt_targets(rng.random(n) < 1 / (1 + np.exp(-strength * scores)))
    assert sigmoid_fit(scores, targets) == pytest.approx(tuple(plain_fit(scores, targets)), abs=1e-5)


@pytest.mark.parametrize(("unit", "shift"), [(1e-6, 0.0), (1e6, 0.0), (1.0, 1e4), (-3.0, 7.0)])
def test_unit_and_location_of_the_scores_do_not_matter(unit, shift):
    """Probabilities are those of the published scores, whatever affine form the scores have."""
    targets = platt_targets(LABELS)
    slope, offset = sigmoid_fit(unit * SCORES + shift, targets)
    p = 1 / (1 + np.exp(slope * (unit * SCORES + shift) + offset))
    assert p == pytest.approx(ITEM["expected"]["with_platt_targets"]["prob"], abs=1e-6)


def test_separated_outcomes_have_a_finite_curve():
    """Platt's targets keep the slope finite where the plain logistic fit has none, even with huge scores."""
    scores = np.array([-3.0, -2.0, -1.0, 1.0, 2.0, 3.0])
    hits = scores > 0
    with pytest.raises(NotEnoughDataError, match="finite slope"):
        sigmoid_fit(scores, hits)
    curve, large = PlattCalibrator.fit(scores, hits), PlattCalibrator.fit(scores * 1e100, hits)
    assert np.allclose(large.apply(scores * 1e100), curve.apply(scores), atol=1e-9)
    assert curve.apply(np.array([-1e9, 1e9])).tolist() == [0.001, 0.999]


def test_miscalibrated_scores_are_repaired():
    """Probabilities that are too bold get an error near zero on new rows."""
    rng = np.random.Generator(np.random.PCG64(3))
    raw, new = rng.normal(size=20_000), rng.normal(size=20_000)
    truth = lambda s: 1 / (1 + np.exp(0.3 - 0.5 * s))  # noqa: E731
    curve = PlattCalibrator.fit(raw, rng.random(20_000) < truth(raw))
    outcome = rng.random(20_000) < truth(new)
    assert ece(1 / (1 + np.exp(-3 * new)), outcome) > 0.15
    assert ece(curve.apply(new), outcome) < 0.02


def test_scores_that_rank_the_wrong_way_are_flattened():
    """The curve never turns scores round: a slope of the wrong sign becomes the base rate, as does a constant score."""
    raw = np.linspace(0, 1, 98)
    hits = raw < 0.25
    rate = platt_targets(hits).mean()
    assert sigmoid_fit(raw, platt_targets(hits))[0] > 0
    for scores in (raw, np.full(98, 0.4)):
        curve = PlattCalibrator.fit(scores, hits)
        assert curve.slope == 0.0
        assert np.allclose(curve.apply(raw), rate, atol=1e-12)


def test_the_method_is_a_parameter():
    """Isotonic unless asked otherwise; both curves come back from their payload through one door."""
    rng = np.random.Generator(np.random.PCG64(7))
    raw = rng.random(300)
    hits = rng.random(300) < raw
    assert isinstance(fit_curve(raw, hits, CalibrationSpec()), Calibrator)
    curve = fit_curve(raw, hits, CalibrationSpec(method="platt", clip=0.01))
    assert isinstance(curve, PlattCalibrator)
    assert curve.clip == 0.01
    back = Calibrator.from_payload(json.loads(json.dumps(curve.to_payload())))
    assert np.array_equal(back.apply(raw), curve.apply(raw))
    assert np.all(np.diff(curve.apply(np.sort(raw))) > 0)


@pytest.mark.parametrize(
    "change",
    [
        {"format": "isotonic/1"},
        {"slope": 0.5},
        {"slope": float("nan")},
        {"offset": float("inf")},
        {"offset": "much"},
        {"clip": 0.0},
        {"clip": None},
        {"more": 1},
    ],
)
def test_malformed_payloads_are_refused(change):
    """A sigmoid that falls with the score, has no finite parameters, or is of another format, is refused."""
    good = {"format": "platt/1", "clip": 0.001, "slope": -1.0, "offset": 0.0}
    assert Calibrator.from_payload(good).apply(np.array([0.0]))[0] == 0.5
    with pytest.raises(IntegrityError, match="calibration"):
        Calibrator.from_payload({**good, **change})
    with pytest.raises(IntegrityError, match="calibration"):
        PlattCalibrator.from_payload({key: value for key, value in good.items() if key != "slope"})


def test_one_outcome_or_bad_scores_are_refused():
    """Without both outcomes there is no curve; scores must be finite."""
    with pytest.raises(NotEnoughDataError):
        PlattCalibrator.fit(np.array([0.1, 0.2]), np.array([1, 1]))
    with pytest.raises(ValueError, match="finite"):
        PlattCalibrator.fit(np.array([0.1, np.nan]), np.array([0, 1]))
    with pytest.raises(NotEnoughDataError, match="both outcomes"):
        sigmoid_fit([1.0, 1.0], [0.0, 0.0])
