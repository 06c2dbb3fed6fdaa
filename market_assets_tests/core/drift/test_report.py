"""The drift report: figures, gaps, reasons."""

import numpy as np
import pytest

from market_assets.core.drift.psi import psi
from market_assets.core.drift.report import DriftPolicy, drift_report
from market_assets.core.errors import BadInputError
from market_assets.core.identity import canonical_json

NAMES = [f"f{k}" for k in range(10)]


def samples(seed, moved=(), shift=2.0, rows=500):
    generator = np.random.default_rng(seed)
    return {name: generator.normal(shift if name in moved else 0.0, 1.0, rows) for name in NAMES}


def probabilities(seed, shift=0.0):
    return np.clip(np.random.default_rng(seed).normal(0.5 + shift, 0.1, 500), 0, 1)


def test_no_drift():
    """Fresh draws of the same law exceed nothing, and the payload is JSON."""
    report = drift_report(samples(1), samples(2), probabilities(1), probabilities(2), DriftPolicy())
    canonical_json(report)
    assert report["complete"]
    assert not report["exceeds"]
    assert report["drifted"] == []
    assert [entry["name"] for entry in report["features"]] == NAMES


def test_drifted_features_are_named():
    """Three of ten moved features exceed a fifth; the worst is one of them, with its PSI."""
    current = samples(2, moved=("f1", "f4", "f7"))
    report = drift_report(samples(1), current, probabilities(1), probabilities(2), DriftPolicy())
    assert report["exceeds"]
    assert report["drifted"] == ["f1", "f4", "f7"]
    assert report["drifted_share"] == pytest.approx(0.3)
    worst = report["worst"]
    assert worst["name"] in report["drifted"]
    assert worst["psi"] == psi(samples(1)[worst["name"]], current[worst["name"]])
    assert len(report["reasons"]) == 1


def test_one_drifted_feature_of_ten_is_shown_but_tolerated():
    """The share decides, not the single worst feature."""
    report = drift_report(samples(1), samples(2, moved=("f3",)), probabilities(1), probabilities(2), DriftPolicy())
    assert report["drifted"] == ["f3"]
    assert not report["exceeds"]


def test_moved_predictions_exceed_alone():
    """Same features, shifted predictions."""
    report = drift_report(samples(1), samples(2), probabilities(1), probabilities(2, 0.1), DriftPolicy())
    assert report["exceeds"]
    assert "predictions" in report["reasons"][0]


def test_gaps_are_typed():
    """Too few rows and NaN predictions are gaps with a cause, not zeros."""
    current = {**samples(2), "f0": np.ones(3)}
    report = drift_report(samples(1), current, probabilities(1), np.full(500, np.nan), DriftPolicy())
    assert {gap["figure"] for gap in report["gaps"]} == {"psi[f0]", "ks[predictions]"}
    assert report["features"][0]["psi"] is None
    assert report["predictions"] is None
    assert not report["complete"]


def test_other_features_are_refused():
    """A schema change is bad input, not drift."""
    with pytest.raises(BadInputError, match="feature_schema"):
        drift_report(samples(1), {**samples(2), "new": np.ones(500)}, [0.5], [0.5], DriftPolicy())
    with pytest.raises(BadInputError, match="feature_schema"):
        drift_report({}, {}, [0.5], [0.5], DriftPolicy())
