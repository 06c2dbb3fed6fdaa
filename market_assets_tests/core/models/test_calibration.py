"""Isotonic calibration, and the parameters of any."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from market_assets.core.errors import IntegrityError, NotEnoughDataError
from market_assets.core.models.calibration import CalibrationSpec, Calibrator, ece, isotonic_pav


def test_published_pooling_examples():
    """Ayer et al. (1955), Barlow et al. (1972): plain and weighted."""
    assert isotonic_pav(np.array([1, 2, 6, 2, 3, 7, 5, 8])) == pytest.approx(
        [1.0, 2.0, 3.6666666666666665, 3.6666666666666665, 3.6666666666666665, 6.0, 6.0, 8.0], abs=1e-12
    )
    assert isotonic_pav(np.array([3, 1, 2, 5, 4]), np.array([1, 2, 1, 3, 1])) == pytest.approx(
        [1.6666666666666667, 1.6666666666666667, 2.0, 4.75, 4.75], abs=1e-12
    )


def _min_max(y, weight):
    """Plain definition: the largest lower mean of the smallest upper mean over all windows."""
    n = len(y)
    mean = lambda a, b: np.average(y[a : b + 1], weights=weight[a : b + 1])  # noqa: E731
    return [max(min(mean(a, b) for b in range(k, n)) for a in range(k + 1)) for k in range(n)]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.floats(-5, 5), st.floats(0.1, 4)), min_size=1, max_size=12))
def test_pooling_equals_the_min_max_formula(pairs):
    """Pool-adjacent-violators is the min-max formula of isotonic regression."""
    y, weight = np.array(pairs).T
    assert np.allclose(isotonic_pav(y, weight), _min_max(y, weight), atol=1e-9)


def test_miscalibrated_scores_are_repaired():
    """Scores whose frequencies are their squares get an error near zero on new rows."""
    rng = np.random.Generator(np.random.PCG64(3))
    raw, new = rng.random(20_000), rng.random(20_000)
    curve = Calibrator.fit(raw, rng.random(20_000) < raw**2)
    outcome = rng.random(20_000) < new**2
    assert ece(new, outcome) > 0.15
    assert ece(curve.apply(new), outcome) < 0.02


def test_curve_is_monotone_interpolating_and_clipped():
    """Any scores come out in order, inside [clip, 1 - clip], continuous between the kept scores."""
    rng = np.random.Generator(np.random.PCG64(4))
    raw = rng.random(500).round(2)
    curve = Calibrator.fit(raw, rng.random(500) < raw, clip=0.001)
    grid = np.linspace(-1, 2, 30_001)
    values = curve.apply(grid)
    assert np.all(np.diff(values) >= 0)
    assert values.min() >= 0.001
    assert values.max() <= 0.999
    steepest = (np.diff(curve.y) / np.diff(curve.x)).max()
    assert np.diff(values).max() <= steepest * 1.0001e-4


def test_dropping_inner_points_leaves_the_curve():
    """Only the ends of a level are kept; at every score seen the fit is unchanged."""
    rng = np.random.Generator(np.random.PCG64(6))
    raw, hits = rng.random(300), rng.integers(0, 2, 300)
    curve = Calibrator.fit(raw, hits)
    order = np.argsort(raw)
    assert curve.x.size < 60
    assert np.allclose(curve.apply(raw[order]), np.clip(isotonic_pav(hits[order]), 0.001, 0.999), atol=1e-12)


def test_equal_scores_are_pooled_before_the_fit():
    """Ties have one value, whatever the order of their outcomes."""
    raw, hits = np.array([0.2, 0.5, 0.5, 0.5, 0.9]), np.array([0, 1, 0, 1, 1])
    curve = Calibrator.fit(raw, hits)
    assert curve.apply(np.array([0.5]))[0] == pytest.approx(2 / 3)
    assert curve.to_payload() == Calibrator.fit(raw[::-1], hits[::-1]).to_payload()


def test_reversed_scores_become_the_base_rate():
    """Scores that rank the wrong way are flattened, not inverted."""
    raw = np.linspace(0, 1, 100)
    assert np.allclose(Calibrator.fit(raw, raw < 0.3).apply(raw), 0.3)


def test_payload_round_trip_is_exact():
    """Through JSON and back the curve gives the same numbers."""
    rng = np.random.Generator(np.random.PCG64(7))
    raw = rng.random(200)
    curve = Calibrator.fit(raw, rng.random(200) < raw, clip=0.01)
    back = Calibrator.from_payload(json.loads(json.dumps(curve.to_payload())))
    assert np.array_equal(back.apply(raw), curve.apply(raw))


@pytest.mark.parametrize(
    "change",
    [
        {"format": "platt/1"},
        {"x": [1.0, 0.0]},
        {"y": [0.9, 0.1]},
        {"y": [0.1]},
        {"y": [0.1, 1.5]},
        {"x": [0.0, float("nan")]},
        {"x": "ab"},
        {"clip": 0.7},
        {"clip": None},
        {"more": 1},
    ],
)
def test_malformed_payloads_are_refused(change):
    """A curve that is not monotone in [0, 1], or not of the format, is refused."""
    good = {"format": "isotonic/1", "clip": 0.001, "x": [0.0, 1.0], "y": [0.1, 0.9]}
    assert Calibrator.from_payload(good).apply(np.array([0.5]))[0] == pytest.approx(0.5)
    with pytest.raises(IntegrityError, match="calibration"):
        Calibrator.from_payload({**good, **change})
    with pytest.raises(IntegrityError, match="calibration"):
        Calibrator.from_payload({key: value for key, value in good.items() if key != "y"})


def test_one_outcome_or_bad_scores_are_refused():
    """Without both outcomes there is no curve; scores must be finite."""
    with pytest.raises(NotEnoughDataError):
        Calibrator.fit(np.array([0.1, 0.2]), np.array([1, 1]))
    with pytest.raises(ValueError, match="finite"):
        Calibrator.fit(np.array([0.1, np.nan]), np.array([0, 1]))


def test_spec_refuses_unknown_and_impossible_values():
    """Unknown keys, other methods and fractions outside (0, 1) are refused."""
    assert CalibrationSpec() == CalibrationSpec(method="isotonic", fraction=0.2, min_rows=100, clip=0.001)
    for wrong in ({"fraction": 0.0}, {"fraction": 1.0}, {"method": "beta"}, {"clip": 0.6}, {"bins": 3}):
        with pytest.raises(ValidationError):
            CalibrationSpec(**wrong)
