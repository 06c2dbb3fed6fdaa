"""Weights by attributed returns."""

from __future__ import annotations

import numpy as np
import pytest

from market_assets.core.errors import NotEnoughDataError
from market_assets.core.labels.attribution import normalised, return_attribution
from market_assets.core.labels.uniqueness import average_uniqueness, concurrency
from market_assets_tests.golden.cases import case

PUBLISHED = case("sample_weights_return_attribution", "five_labels")


@pytest.mark.parametrize(("entry_bar", "key"), [(True, "afml_including_t0_return"), (False, "excluding_t0_return")])
def test_published_weights(entry_bar, key):
    """With the return into t0, as printed, and without it, raw and normalised."""
    close, expected = np.array(PUBLISHED["inputs"]["close"], dtype=float), PUBLISHED["expected"]
    t0, t1 = np.array(PUBLISHED["inputs"]["labels_t0_t1_inclusive"], np.int32).T
    code, counted = np.zeros(t0.size, np.int32), np.ones(t0.size, np.bool_)
    returns = np.concatenate([[np.nan], np.diff(np.log(close))])[None]
    found = return_attribution(code, t0, t1, counted, returns, entry_bar)
    np.testing.assert_array_equal(concurrency(code, t0, t1, counted, close.size)[0], expected["concurrency"])
    unique = average_uniqueness(code, t0, t1, counted, close.size)
    for values, name in (
        (unique, "average_uniqueness"),
        (found, f"raw_{key}"),
        (normalised(found), "normalised_afml" if entry_bar else "normalised_excluding"),
    ):
        np.testing.assert_allclose(values, expected[name], rtol=0, atol=PUBLISHED["tolerance"])


def test_kernel_equals_the_definition():
    """Per symbol, among counted rows, with sessions without a return."""
    for seed in range(10):
        rng = np.random.default_rng(seed)
        t0 = rng.integers(0, 30, 60).astype(np.int32)
        t1 = (t0 + rng.integers(0, 10, 60)).astype(np.int32)
        code, counted = rng.integers(0, 3, 60).astype(np.int32), rng.random(60) < 0.7
        returns = np.where(rng.random((3, 40)) < 0.1, np.nan, rng.normal(size=(3, 40)))
        wanted = np.zeros(60)
        for i in np.flatnonzero(counted):
            for session in range(t0[i] + 1, t1[i] + 1):
                alive = np.sum(counted & (code == code[i]) & (t0 <= session) & (session <= t1))
                wanted[i] += np.nan_to_num(returns[code[i], session]) / alive
        found = return_attribution(code, t0, t1, counted, returns)
        np.testing.assert_allclose(found, np.abs(wanted), rtol=1e-12, atol=1e-15)


def test_returns_outside_the_labels_change_nothing():
    """Neither the return into t0 nor those after t1."""
    t0, t1 = np.array([2, 3], np.int32), np.array([4, 5], np.int32)
    rest = (np.zeros(2, np.int32), t0, t1, np.ones(2, np.bool_))
    returns = np.random.default_rng(0).normal(size=(1, 9))
    other = returns.copy()
    other[0, [0, 1, 2, 6, 7, 8]] = 9.0
    np.testing.assert_array_equal(return_attribution(*rest, returns), return_attribution(*rest, other))


def test_no_weight_at_all_is_a_typed_error():
    """Flat prices have no returns to attribute."""
    with pytest.raises(NotEnoughDataError, match="every label has weight 0"):
        normalised(np.zeros(4))
