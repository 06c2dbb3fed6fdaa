"""Reliability figures against published values."""

from __future__ import annotations

import json

import numpy as np
import pytest

from market_assets.core.errors import NotEnoughDataError
from market_assets.core.models.reliability import brier, brier_parts, ece, reliability

# Naeini et al. (2015); Guo et al. (2017), eq. 3; bin means cross-checked with scikit-learn's calibration_curve
P20 = [.05, .12, .18, .25, .31, .38, .42, .47, .55, .58, .63, .69, .74, .78, .83, .88, .91, .95, .97, .99]  # fmt: skip
Y20 = [0, 0, 1, 0, 0, 1, 0, 1, 1, 0, 1, 1, 0, 1, 1, 1, 1, 0, 1, 1]
PUBLISHED = {
    "width": (0.071, 0.21666666666666667, [3, 3, 4, 4, 6], [1 / 3, 1 / 3, 0.5, 0.75, 0.8333333333333334]),
    "mass": (0.121, 0.205, [4, 4, 4, 4, 4], [0.25, 0.5, 0.75, 0.75, 0.75]),
}


@pytest.mark.parametrize("binning", ["width", "mass"])
def test_published_five_bin_example(binning):
    """ECE, MCE, counts and frequencies of the 20-point example are met for both binnings."""
    expected, worst, counts, frequencies = PUBLISHED[binning]
    table = reliability(np.array(P20), np.array(Y20), 5, binning)
    assert table.ece == pytest.approx(expected, abs=1e-10)
    assert table.mce == pytest.approx(worst, abs=1e-10)
    assert [part.count for part in table.bins] == counts
    assert [part.frequency for part in table.bins] == pytest.approx(frequencies, abs=1e-12)


def test_published_ten_bin_value():
    """The same example in ten equal-width bins gives .193."""
    assert ece(np.array(P20), np.array(Y20), 10) == pytest.approx(0.193, abs=1e-10)


def test_bins_are_closed_on_the_right():
    """A forecast on an edge belongs to the lower bin, 0 to the first, also where tenths are inexact."""
    edges = np.array([0.0, *(k / 10 for k in range(1, 11))])
    table = reliability(edges, np.ones(11), 10)
    assert [part.count for part in table.bins] == [2] + [1] * 9
    # the same with left-closed bins, the common mistake, puts .7 into the eighth bin
    assert [part.count for part in reliability(np.array([0.7]), np.ones(1), 10).bins] == [1]
    assert reliability(np.array([0.7]), np.ones(1), 10).bins[0].upper == 0.7


def test_murphy_decomposition():
    """Murphy (1973): .16 = .01 - .10 + .25, skill .36, and equality with the Brier score."""
    forecast = np.repeat([0.1, 0.3, 0.6, 0.9], [5, 10, 10, 5])
    outcome = np.array([0] * 4 + [1] + [1] * 2 + [0] * 8 + [1] * 7 + [0] * 3 + [1] * 5)
    parts = brier_parts(forecast, outcome)
    assert parts.brier == pytest.approx(0.16, abs=1e-12)
    assert parts.reliability == pytest.approx(0.01, abs=1e-12)
    assert parts.resolution == pytest.approx(0.10, abs=1e-12)
    assert parts.uncertainty == pytest.approx(0.25, abs=1e-12)
    assert parts.skill == pytest.approx(0.36, abs=1e-12)


def test_decomposition_is_exact_for_any_forecasts():
    """Grouping by distinct forecast makes the identity hold without remainder."""
    rng = np.random.Generator(np.random.PCG64(1))
    p, y = rng.random(400).round(2), rng.integers(0, 2, 400)
    parts = brier_parts(p, y)
    assert parts.brier == pytest.approx(parts.reliability - parts.resolution + parts.uncertainty, abs=1e-12)
    assert brier(p, y) == pytest.approx(np.mean((p - y) ** 2), abs=1e-15)


def test_payload_is_json():
    """The table survives JSON."""
    payload = reliability(np.array(P20), np.array(Y20)).to_payload()
    assert json.loads(json.dumps(payload)) == payload
    assert sum(part["count"] for part in payload["bins"]) == payload["n"] == 20


def test_impossible_inputs_are_refused():
    """No forecasts, forecasts outside [0, 1], other outcomes, one class for the skill."""
    with pytest.raises(NotEnoughDataError):
        ece(np.array([]), np.array([]))
    with pytest.raises(NotEnoughDataError):
        _ = brier_parts(np.array([0.5]), np.array([1])).skill
    for p, y in (([1.1], [1]), ([np.nan], [1]), ([0.5], [2]), ([0.5, 0.5], [1])):
        with pytest.raises(ValueError, match="must"):
            brier(np.array(p), np.array(y))
    with pytest.raises(ValueError, match="one bin"):
        reliability(np.array([0.5]), np.array([1]), 0)
