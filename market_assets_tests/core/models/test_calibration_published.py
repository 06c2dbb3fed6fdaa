"""Calibration figures against the published cases: ECE, Brier decomposition, isotonic fit."""

import numpy as np
import pytest

from market_assets.core.models.calibration import isotonic_pav
from market_assets.core.models.reliability import brier_parts, reliability
from market_assets_tests.golden.cases import cases


@pytest.mark.parametrize("item", cases("ece"))
def test_reliability_tables(item):
    """Every bin, the expected and the largest error of equal-width and equal-mass tables."""
    given, expected = item["inputs"], item["expected"]
    binning = "mass" if given["binning"].startswith("equal mass") else "width"
    table = reliability(np.array(given["p"]), np.array(given["y"]), given["n_bins"], binning)
    assert [table.ece, table.mce] == pytest.approx([expected["ece"], expected["mce"]], abs=item["tolerance"])
    for found, part in zip(table.bins, expected["bins"], strict=True):
        assert found.count == part["count"]
        values = [found.mean_forecast, found.frequency, found.gap]
        assert values == pytest.approx([part["confidence"], part["accuracy"], part["gap"]], abs=item["tolerance"])


@pytest.mark.parametrize("item", cases("brier_decomposition"))
def test_brier_decomposition(item):
    """Reliability, resolution, uncertainty and skill of Murphy's example."""
    parts = brier_parts(np.array(item["inputs"]["forecast"]), np.array(item["inputs"]["outcome"]))
    found = [parts.brier, parts.reliability, parts.resolution, parts.uncertainty, parts.skill]
    names = ("brier", "reliability", "resolution", "uncertainty", "brier_skill_score")
    assert found == pytest.approx([item["expected"][name] for name in names], abs=item["tolerance"])


@pytest.mark.parametrize("item", cases("isotonic_pav"))
def test_isotonic_fit(item):
    """Pooled values of the textbook examples, plain and weighted."""
    weights = item["inputs"]["weights"]
    fitted = isotonic_pav(np.array(item["inputs"]["y"]), None if weights is None else np.array(weights))
    assert fitted == pytest.approx(item["expected"]["fitted"], abs=item["tolerance"])
