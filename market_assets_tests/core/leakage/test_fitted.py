"""Fitted objects: every registered one is blind to rows outside its training part, and a leaking one is caught."""

from __future__ import annotations

import numpy as np
import pytest

from market_assets.core.conformal.split import absolute_scores, conformal_quantile
from market_assets.core.leakage.fitted import FITTED, draw_sample, fitted_schema, prove_fitted
from market_assets.core.models.calibration import Calibrator
from market_assets.core.models.platt import PlattCalibrator
from market_assets.core.models.preprocessing import Standardizer


def everyone(sample):
    """All rows of the sample."""
    return np.ones(sample.n_rows, dtype=bool)


def scaler(rows):
    def fit(sample, train, test):
        fitted = Standardizer.fit(sample.x[rows(sample, train)].astype(np.float32), 5.0)
        return {"mean": fitted.mean, "rows": fitted.apply(sample.x[train].astype(np.float32))}

    return fit


def curve(method, rows):
    def fit(sample, train, test):
        raw, chosen = np.nan_to_num(sample.x[:, 0]), rows(sample, train)
        return {"rows": method.fit(raw[chosen], sample.y[chosen]).apply(raw[train])}

    return fit


def conformal(rows):
    def fit(sample, train, test):
        scores = absolute_scores(np.nan_to_num(sample.x[:, 0]), sample.y)
        return {"scale": np.array([conformal_quantile(scores[rows(sample, train)], 0.2)])}

    return fit


def selector(rows):
    def fit(sample, train, test):
        chosen = rows(sample, train)
        x, y = np.nan_to_num(sample.x[chosen]), sample.y[chosen]
        return {"order": np.argsort(np.abs(x.T @ (y - y.mean()) / y.size))}

    return fit


def inside(sample, train):
    return train


def outside(sample, train):
    return everyone(sample)


MAKERS = {
    "scaler": scaler,
    "isotonic": lambda rows: curve(Calibrator, rows),
    "Platt": lambda rows: curve(PlattCalibrator, rows),
    "conformal scale": conformal,
    "feature selector": selector,
}


def test_registered_objects_pass() -> None:
    """Nothing in the registry moves; each was compared on something."""
    results = prove_fitted(0)
    assert [one.name for one in results] == list(FITTED)
    assert all(one.violations_count == 0 and one.variants == () and one.compared > 0 for one in results), results


@pytest.mark.parametrize("name", MAKERS)
def test_fitted_on_all_rows_is_caught_and_its_twin_passes(name: str) -> None:
    """The same object fitted on every row moves with rows that it must not know, and says with which change."""
    leak, twin = prove_fitted(1, {"leak": MAKERS[name](outside), "twin": MAKERS[name](inside)})
    assert leak.violations_count > 0
    assert leak.variants
    assert (twin.violations_count, twin.variants) == (0, ())


def test_the_sample_has_purged_rows_on_both_sides() -> None:
    """Training rows before and after the test, none of them sharing a session with it."""
    sample, train, test = draw_sample(0)
    first, last = sample.t0[test].min(), sample.t1[test].max()
    assert not (train & test).any()
    assert (sample.t1[train & (sample.t0 < first)] < first).all()
    assert (sample.t0[train & (sample.t0 > first)] > last).all()
    assert (train & (sample.t0 < first)).any()
    assert (train & (sample.t0 > last)).any()


def test_schema_follows_the_registry() -> None:
    """Another entry gives another schema, so that a stored proof without it no longer counts."""
    assert fitted_schema() == fitted_schema(FITTED) != fitted_schema({**FITTED, "more": FITTED["standardizer"]})
