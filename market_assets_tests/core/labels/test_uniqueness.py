"""Concurrency, average uniqueness and time decay."""

from __future__ import annotations

import numpy as np
import pytest

from market_assets.core.errors import NotEnoughDataError
from market_assets.core.labels.uniqueness import average_uniqueness, concurrency, time_decay

# Lopez de Prado (2018), section 4.5.3: labels [0,2] [2,3] [4,5].
T0, T1 = np.array([0, 2, 4], np.int32), np.array([2, 3, 5], np.int32)
ALL, ONE = np.ones(3, np.bool_), np.zeros(3, np.int32)
# Lopez de Prado (2018), snippet 4.11 on these uniqueness values.
UNIQUENESS = np.array([0.75, 0.5, 0.6666666666666666, 0.75, 0.75])
DECAYED = [0.21951219512195125, 0.3658536585365854, 0.5609756097560976, 0.7804878048780488, 1.0]


def test_concurrency_of_the_published_example():
    """Three labels overlap only in session 2."""
    assert concurrency(ONE, T0, T1, ALL, 6).tolist() == [[1, 1, 2, 1, 1, 1]]


def test_uniqueness_of_the_published_example():
    """5/6, 3/4 and 1: the mean per label, not the mean over cells (6/7)."""
    unique = average_uniqueness(ONE, T0, T1, ALL, 6)
    np.testing.assert_allclose(unique, [5 / 6, 3 / 4, 1], rtol=0, atol=1e-12)
    assert unique.mean() == pytest.approx(0.8611111111111112, abs=1e-12)


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
    assert average_uniqueness(code, np.zeros(3, np.int32), np.full(3, 5, np.int32), ALL, 6).tolist() == [1, 1, 1]


@pytest.mark.parametrize(("oldest", "expected"), [(1.0, [1.0] * 5), (0.0, DECAYED)])
def test_decay_of_the_published_example(oldest, expected):
    """Decay runs over cumulative uniqueness and ends at 1."""
    session = np.arange(5, dtype=np.int32)
    np.testing.assert_allclose(time_decay(UNIQUENESS, session, oldest), expected, rtol=0, atol=1e-12)


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
