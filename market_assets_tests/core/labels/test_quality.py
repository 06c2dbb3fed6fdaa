"""The label gate."""

from __future__ import annotations

import copy

import numpy as np
import pytest

from market_assets.core.labels.distribution import label_distribution
from market_assets.core.labels.quality import LabelQualityPolicy, label_quality
from market_assets.core.labels.regimes import Regimes
from market_assets_tests.core.labels.test_distribution import one_symbol, target_of

POLICY = LabelQualityPolicy()


def good():
    """The payload of 800 independent labels over three regimes."""
    rng = np.random.default_rng(0)
    panel = one_symbol(800)
    values = rng.choice([-1, 0, 1], 800, p=[0.4, 0.2, 0.4]).astype(float)
    values[-1] = np.nan
    codes = Regimes(("a", "b", "c"), rng.integers(0, 3, 800).astype(np.int8))
    return label_distribution(panel, target_of(panel, values, 1), (-1, 0, 1), codes)


def failed(payload):
    return [reason.gate for reason in label_quality(payload, POLICY).failures]


def test_good_labels_pass():
    """Balanced, independent labels in every regime."""
    assert label_quality(good(), POLICY).passed


@pytest.mark.parametrize(
    ("path", "value", "gate"),
    [
        (("effective",), 99.0, "label_effective"),
        (("rows",), 5000, "label_defined"),
        (("classes", 1, "share"), 0.049, "label_balance"),
        (("persistence", "kappa"), 0.51, "label_persistence"),
        (("persistence", "kappa"), None, "label_persistence"),
        (("regimes", "b", "count"), 29, "label_regimes"),
        (("regimes", "c", "shares", 1), 0.009, "label_regime_balance"),
    ],
)
def test_each_defect_closes_its_own_gate(path, value, gate):
    """One figure past its threshold fails one rule, and a missing figure fails too."""
    payload = copy.deepcopy(good())
    at = payload
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = value
    assert failed(payload) == [gate]


def test_labels_that_hardly_change_are_refused():
    """Runs of 60 equal labels: the classes are balanced, the information is not there."""
    panel = one_symbol(3000)
    values = np.where(np.arange(3000) // 60 % 2, 1.0, -1.0)
    codes = Regimes(("a",), np.zeros(3000, np.int8))
    assert failed(label_distribution(panel, target_of(panel, values, 1), (-1, 1), codes)) == ["label_persistence"]


def test_an_empty_regime_is_refused():
    """A regime without labels is not covered."""
    panel = one_symbol(800)
    values = np.random.default_rng(1).choice([-1.0, 1.0], 800)
    codes = Regimes(("a", "b"), np.zeros(800, np.int8))
    assert failed(label_distribution(panel, target_of(panel, values, 1), (-1, 1), codes)) == ["label_regimes"]


@pytest.mark.parametrize("missing", ["classes", "regimes", "persistence", "effective", "rows"])
def test_a_payload_without_a_figure_is_refused(missing):
    """Also one made without regimes: coverage that was not measured is not coverage."""
    payload = {name: value for name, value in good().items() if name != missing}
    verdict = label_quality(payload, POLICY)
    assert not verdict.passed
    assert "cannot be read" in verdict.reasons[0].text
