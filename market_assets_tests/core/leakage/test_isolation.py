"""The isolation proof and the proof against one's own label."""

from __future__ import annotations

import numpy as np
import pytest

from market_assets.core.errors import NotEnoughDataError
from market_assets.core.leakage.isolation import prove_blind, prove_isolated
from market_assets_tests.core.leakage.samples import sample

DATA = sample()
TRAIN = DATA.t1 < 40
TEST = DATA.t0 >= 40


def slope(x, y):
    return np.linalg.solve(x.T @ x + np.eye(x.shape[1]), x.T @ y)


def clean(data, train, test):
    x = data.x[train]
    return {"coefficient": slope((x - x.mean(axis=0)) / x.std(axis=0), data.y[train])}


def every(data):
    return np.ones(data.n_rows, dtype=bool)


LEAKS = {
    "scale of all rows": lambda d, train, test: {"c": slope(d.x[train] / np.nanstd(d.x, axis=0), d.y[train])},
    "rows of the test": lambda d, train, test: clean(d, train | test, test),
    "purged rows": lambda d, train, test: clean(d, ~test, test),
    "label mean of all rows": lambda d, train, test: {"c": slope(d.x[train], d.y[train] - d.y.mean())},
    "weights of all rows": lambda d, train, test: {"w": d.weight[train] / d.weight.mean()},
    "last session of all rows": lambda d, train, test: {"w": d.t0[train] - d.t0.max()},
    "longest label of all rows": lambda d, train, test: {"w": np.array([(d.t1 - d.t0).sum()])},
    "number of rows": lambda d, train, test: {"w": np.arange(d.n_rows)},
}


@pytest.mark.parametrize("name", LEAKS)
def test_leak_is_caught(name):
    """State that rests on a row outside the training part moves."""
    found = prove_isolated("d", "fit", LEAKS[name], DATA, TRAIN, TEST, seed=2)
    assert found
    assert all(one.count > 0 for one in found)


def test_clean_fit_passes():
    """A fit of the training rows alone does not move."""
    assert prove_isolated("d", "fit", clean, DATA, TRAIN, TEST, seed=2) == []


def test_a_choice_by_test_labels_is_caught():
    """One of two fixed models is picked: nothing continuous moves, the choice does."""

    def choose(data, train, test):
        up = float(((data.x[test, 0] > 0) == data.y[test]).mean() > 0.5)
        return {"sign": np.array([up])}

    found = prove_isolated("d", "fit", choose, DATA, TRAIN, TEST, seed=2)
    assert "labels: flip" in {one.variant for one in found}


@pytest.mark.parametrize("train", [np.zeros(DATA.n_rows, dtype=bool), np.ones(DATA.n_rows, dtype=bool)])
def test_a_proof_of_nothing_is_refused(train):
    """Without rows on both sides, or without a result, nothing is proven."""
    with pytest.raises(NotEnoughDataError, match="inside and outside"):
        prove_isolated("d", "fit", clean, DATA, train, np.zeros_like(train), seed=0)
    with pytest.raises(NotEnoughDataError, match="nothing"):
        prove_isolated("d", "fit", lambda *_: {}, DATA, TRAIN, TEST, seed=0)


def test_a_row_on_both_sides_is_refused():
    """Train and test must be disjoint."""
    with pytest.raises(ValueError, match="in train and in test"):
        prove_isolated("d", "fit", clean, DATA, every(DATA), TEST, seed=0)


def in_sample(data, train):
    out = np.full(data.n_rows, np.nan)
    out[train] = data.x[train] @ slope(data.x[train], data.y[train])
    return out


def out_of_fold(data, train):
    out = np.full(data.n_rows, np.nan)
    rows = np.flatnonzero(train)
    for part in np.array_split(rows, 4):
        other = np.setdiff1d(rows, part)
        out[part] = data.x[part] @ slope(data.x[other], data.y[other])
    return out


def test_own_label_is_caught_and_out_of_fold_passes():
    """In-sample predictions carry the row's label into the second level; out-of-fold ones do not."""
    (found,) = prove_blind("d", "level", in_sample, DATA, TRAIN, seed=1)
    assert found.count == 12
    assert prove_blind("d", "level", out_of_fold, DATA, TRAIN, seed=1) == []
    with pytest.raises(NotEnoughDataError):
        prove_blind("d", "level", lambda data, train: np.full(data.n_rows, np.nan), DATA, TRAIN, seed=1)
