"""Drift of labels."""

from __future__ import annotations

import numpy as np
import pytest

from market_assets.core.drift.psi import psi_of_proportions
from market_assets.core.errors import BadInputError
from market_assets.core.labels.drift import LabelDriftPolicy, label_drift

POLICY = LabelDriftPolicy()
CLASSES = (-1, 0, 1)


def draws(shares, n, seed):
    return np.random.default_rng(seed).choice(CLASSES, n, p=shares).astype(float)


def test_class_shares_are_compared_by_psi():
    """Equal to the index of the shares; quiet on draws of one distribution, loud on another."""
    even = draws([0.4, 0.2, 0.4], 1000, 0)
    calm = label_drift(even, draws([0.4, 0.2, 0.4], 1000, 1), CLASSES, POLICY)
    assert (calm["exceeds"], calm["complete"], calm["ks"], calm["reasons"]) == (False, True, None, [])
    skewed = draws([0.15, 0.05, 0.8], 1000, 2)
    moved = label_drift(even, skewed, CLASSES, POLICY)
    shares = [[np.mean(values == one) for one in CLASSES] for values in (even, skewed)]
    assert moved["psi"] == pytest.approx(psi_of_proportions(*shares))
    assert moved["exceeds"]
    assert "PSI" in moved["reasons"][0]


def test_a_quantity_is_compared_by_psi_and_distance():
    """A doubled volatility shows in both."""
    rng = np.random.default_rng(3)
    first, second = rng.lognormal(0, 0.5, 800), rng.lognormal(0, 0.5, 800)
    assert not label_drift(first, second, (), POLICY)["exceeds"]
    moved = label_drift(first, 2 * second, (), POLICY)
    assert len(moved["reasons"]) == 2


def test_too_few_labels_are_a_gap_and_not_calm():
    """No figure, not complete, no drift claimed."""
    found = label_drift(draws([1, 0, 0], 99, 0), draws([0, 0, 1], 500, 1), CLASSES, POLICY)
    assert (found["psi"], found["complete"], found["exceeds"]) == (None, False, False)
    assert "99 reference" in found["gaps"][0]


@pytest.mark.parametrize("bad", [np.nan, 2.0])
def test_values_that_are_no_labels_are_refused(bad):
    """A missing value, or a class nobody listed."""
    values = draws([0.4, 0.2, 0.4], 200, 0)
    with pytest.raises(BadInputError, match="label_value"):
        label_drift(values, np.append(values, bad), CLASSES, POLICY)
