"""Concurrency, average uniqueness and time decay."""

from __future__ import annotations

import numpy as np
import pytest

from market_assets.core.errors import NotEnoughDataError
from market_assets.core.labels.uniqueness import average_uniqueness, concurrency, mean_uniqueness, time_decay
from market_assets_tests.golden.cases import case, cases

PUBLISHED = case("sample_uniqueness", "afml_three_labels")


def published_intervals(pairs):
    """Code, t0, t1 and counted of labels of one symbol."""
    t0, t1 = np.array(pairs, np.int32).T
    return np.zeros(len(t0), np.int32), t0, t1, np.ones(len(t0), np.bool_)


def test_published_concurrency_and_uniqueness():
    """Per session, per label (5/6, 3/4, 1), and both means: over labels, and over cells (6/7)."""
    labels, expected = published_intervals(PUBLISHED["inputs"]["t0_t1_inclusive"]), PUBLISHED["expected"]
    alive = np.array(PUBLISHED["inputs"]["indicator_matrix_rows_bars_cols_labels"])
    np.testing.assert_array_equal(concurrency(*labels, len(alive))[0], expected["concurrency"])
    share = np.divide(alive, alive.sum(axis=1, keepdims=True))
    np.testing.assert_allclose(share, expected["uniqueness"], rtol=0, atol=PUBLISHED["tolerance"])
    unique = average_uniqueness(*labels, len(alive))
    np.testing.assert_allclose(unique, expected["average_uniqueness"], rtol=0, atol=PUBLISHED["tolerance"])
    for over, key in (("labels", "mean_over_labels"), ("cells", "mean_over_nonzero_cells_mlfinlab_variant")):
        found = mean_uniqueness(unique, labels[1], labels[2], over)
        assert found == pytest.approx(expected[key], abs=PUBLISHED["tolerance"])


def test_a_mean_of_no_labels_is_a_typed_error():
    """Nothing has no uniqueness."""
    with pytest.raises(NotEnoughDataError, match="at least one label"):
        mean_uniqueness(np.empty(0), np.empty(0, np.int32), np.empty(0, np.int32))


def plain_uniqueness(code, t0, t1, counted):
    """Count the labels alive in every session of every label."""
    out = np.zeros(len(code))
    rows = np.flatnonzero(counted)
    for i in rows:
        alive = [
            sum(code[j] == code[i] and t0[j] <= session <= t1[j] for j in rows) for session in range(t0[i], t1[i] + 1)
        ]
        out[i] = np.mean([1 / count for count in alive])
    return out


def test_kernel_equals_the_definition():
    """Difference arrays give what counting gives, per symbol and among counted rows only."""
    for seed in range(20):
        rng = np.random.default_rng(seed)
        t0 = rng.integers(0, 30, 60).astype(np.int32)
        t1 = (t0 + rng.integers(0, 10, 60)).astype(np.int32)
        code, counted = rng.integers(0, 4, 60).astype(np.int32), rng.random(60) < 0.7
        unique = average_uniqueness(code, t0, t1, counted, 40)
        np.testing.assert_allclose(unique, plain_uniqueness(code, t0, t1, counted), rtol=1e-14)
        assert not unique[~counted].any()


def test_symbols_do_not_compete():
    """The same intervals in different symbols leave every label unique."""
    code = np.arange(3, dtype=np.int32)
    assert average_uniqueness(
        code, np.zeros(3, np.int32), np.full(3, 5, np.int32), np.ones(3, np.bool_), 6
    ).tolist() == [1, 1, 1]


@pytest.mark.parametrize("item", cases("sample_weights_time_decay"))
def test_published_decay(item):
    """Decay runs over cumulative uniqueness and ends at 1."""
    unique = np.array(item["inputs"]["average_uniqueness_sorted"])
    found = time_decay(unique, np.arange(unique.size, dtype=np.int32), item["inputs"]["clf_last_weight"])
    np.testing.assert_allclose(found, item["expected"]["weights"], rtol=0, atol=item["tolerance"])


def test_negative_decay_forgets_the_oldest_share():
    """With -0.5, labels in the first half of cumulative uniqueness weigh nothing, the newest 1."""
    weights = time_decay(np.ones(10), np.arange(10, dtype=np.int32), -0.5)
    np.testing.assert_allclose(weights, [0] * 5 + [0.2, 0.4, 0.6, 0.8, 1.0], atol=1e-12)


def test_labels_of_one_session_share_their_decay():
    """The order of symbols within a session makes no difference."""
    session = np.array([0, 3, 0, 3], np.int32)
    weights = time_decay(np.array([0.5, 1.0, 0.5, 1.0]), session, 0.0)
    np.testing.assert_allclose(weights, [1 / 3, 1, 1 / 3, 1], atol=1e-15)


def test_decay_without_labels_is_a_typed_error():
    """Nothing to run over is not a number."""
    with pytest.raises(NotEnoughDataError, match="at least one label"):
        time_decay(np.empty(0), np.empty(0, np.int32), 0.5)
