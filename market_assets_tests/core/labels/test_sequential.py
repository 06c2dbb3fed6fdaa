"""Sequential bootstrap against the published steps and the plain definition."""

from __future__ import annotations

import numpy as np
import pytest

from market_assets.core.errors import BadInputError, NotEnoughDataError
from market_assets.core.labels.sequential import draw_uniqueness, sequential_bootstrap, sequential_draws
from market_assets.core.labels.uniqueness import average_uniqueness, concurrency
from market_assets_tests.golden.cases import cases


def intervals_of(matrix):
    """Code, t0, t1 of the columns of an indicator matrix."""
    t0, t1 = (np.array([np.flatnonzero(column)[end] for column in matrix.T], np.int32) for end in (0, -1))
    return np.zeros(matrix.shape[1], np.int32), t0, t1


def plain_uniqueness(alive, drawn):
    """Snippet 4.5: the indicator matrix of the drawn labels and the candidate, then the mean over its bars."""
    own = alive > 0
    shared = alive[:, drawn].sum(axis=1, keepdims=True) + alive
    return np.divide(1.0, shared, where=own, out=np.zeros_like(alive)).sum(axis=0) / own.sum(axis=0)


def plain_draws(code, t0, t1, n_sessions, uniforms):
    """One draw after another from the whole matrix, over the labels sorted by symbol and start."""
    order = np.lexsort((t0, code))
    cells = np.arange((int(code.max()) + 1) * n_sessions)[:, None]
    base = (code * n_sessions)[order]
    alive = ((cells >= base + t0[order]) & (cells <= base + t1[order])).astype(float)
    drawn: list[int] = []
    for uniform in uniforms:
        cumulated = np.cumsum(plain_uniqueness(alive, drawn))
        drawn.append(int(np.searchsorted(cumulated, uniform * cumulated[-1], side="right")))
    return order[drawn]


@pytest.mark.parametrize("item", cases("sequential_bootstrap"))
def test_published_steps(item):
    """Uniqueness and probabilities after every published list of draws; a bar without labels does no harm."""
    matrix, expected, tolerance = np.array(item["inputs"]["indicator_matrix"]), item["expected"], item["tolerance"]
    labels = intervals_of(matrix)
    for step in expected["steps"]:
        drawn = np.array(step["already_drawn_0based"], np.int64)
        unique = draw_uniqueness(*labels, len(matrix), drawn)
        np.testing.assert_allclose(unique, step["avg_uniqueness"], rtol=0, atol=tolerance)
        np.testing.assert_allclose(unique / unique.sum(), step["probabilities"], rtol=0, atol=tolerance)
    if "concurrency" in expected:
        counted = np.ones(matrix.shape[1], np.bool_)
        np.testing.assert_array_equal(concurrency(*labels, counted, len(matrix))[0], expected["concurrency"])
        unique = average_uniqueness(*labels, counted, len(matrix))
        np.testing.assert_allclose(unique, expected["average_uniqueness"], rtol=0, atol=tolerance)


@pytest.mark.parametrize("item", cases("sequential_bootstrap"))
def test_published_probabilities_pick_the_draws(item):
    """A uniform number just below and just above a cumulative probability picks the neighbours, after every step."""
    matrix = np.array(item["inputs"]["indicator_matrix"])
    labels = intervals_of(matrix)
    for step in item["expected"]["steps"]:
        before, cumulated = step["already_drawn_0based"], np.cumsum(step["probabilities"])
        used = []
        for length, label in enumerate(before):  # numbers that lead to the published draws
            unique = draw_uniqueness(*labels, len(matrix), np.array(before[:length], np.int64))
            used.append((np.cumsum(unique)[label] - unique[label] / 2) / unique.sum())
        for edge in range(len(cumulated) - 1):
            for shift, picked in ((-1e-9, edge), (1e-9, edge + 1)):
                found = sequential_draws(*labels, len(matrix), np.array([*used, cumulated[edge] + shift]))
                assert found.tolist() == [*before, picked]


@pytest.mark.parametrize("longest", [1, 4, 15, 60])
def test_tree_equals_the_definition(longest):
    """The same uniform numbers pick the same labels, for several symbols, unsorted rows and uneven lengths."""
    for seed in range(4):
        rng = np.random.default_rng(seed)
        n, sessions = 37 + 20 * seed, 70
        code = rng.integers(0, 3, n).astype(np.int32)
        t0 = rng.integers(0, sessions, n).astype(np.int32)
        t1 = np.minimum(t0 + rng.integers(0, longest, n), sessions - 1).astype(np.int32)
        uniforms = rng.random(80)
        found = sequential_draws(code, t0, t1, sessions, uniforms)
        np.testing.assert_array_equal(found, plain_draws(code, t0, t1, sessions, uniforms))


def test_the_comparison_sees_a_planted_bug():
    """Drawing from the uniqueness before the last draw gives other labels."""
    rng = np.random.default_rng(0)
    t0 = np.sort(rng.integers(0, 40, 50)).astype(np.int32)
    labels = (np.zeros(50, np.int32), t0, t0 + 5)
    uniforms, late = rng.random(60), []
    for uniform in uniforms:
        cumulated = np.cumsum(draw_uniqueness(*labels, 60, np.array(late[:-1], np.int64)))
        late.append(int(np.searchsorted(cumulated, uniform * cumulated[-1], side="right")))
    assert sequential_draws(*labels, 60, uniforms).tolist() != late


def test_uniform_numbers_at_both_ends_stay_inside():
    """0 picks the first label and the largest number below 1 the last, also after many draws of uneven sums."""
    t0 = np.arange(5, dtype=np.int32)
    labels = (np.zeros(5, np.int32), t0, t0 + 2)
    assert set(sequential_draws(*labels, 7, np.zeros(500)).tolist()) == {0}
    assert set(sequential_draws(*labels, 7, np.full(500, np.nextafter(1.0, 0.0))).tolist()) == {4}


def test_draws_are_more_unique_than_those_of_the_plain_bootstrap():
    """The experiment of section 4.5.4 (10 labels of up to 5 bars among 100): about 0.7 against about 0.6."""
    rng = np.random.default_rng(1)
    code, counted, drawn, plain = np.zeros(10, np.int32), np.ones(10, np.bool_), [], []
    for seed in range(400):
        t0 = rng.integers(0, 100, 10).astype(np.int32)
        t1 = (t0 + rng.integers(1, 5, 10)).astype(np.int32)
        for rows, into in (
            (sequential_bootstrap(code, t0, t1, 110, 10, seed), drawn),
            (rng.integers(0, 10, 10), plain),
        ):
            into.append(average_uniqueness(code, t0[rows], t1[rows], counted, 110).mean())
    assert np.median(plain) == pytest.approx(0.6, abs=0.04)
    assert np.median(drawn) == pytest.approx(0.7, abs=0.04)


def test_a_seed_gives_the_same_draws():
    """Same seed, same bytes; another seed, others."""
    t0 = np.arange(30, dtype=np.int32)
    args = (np.zeros(30, np.int32), t0, t0 + 4, 40, 30)
    assert sequential_bootstrap(*args, 7).tobytes() == sequential_bootstrap(*args, 7).tobytes()
    assert sequential_bootstrap(*args, 7).tobytes() != sequential_bootstrap(*args, 8).tobytes()


@pytest.mark.parametrize(("t0", "t1"), [(3, 2), (-1, 2), (4, 10)])
def test_intervals_that_cannot_be_are_refused(t0, t1):
    """Before the first session, after the last, or backwards; and no labels at all."""
    with pytest.raises(BadInputError, match=r"row 1.*label_interval"):
        sequential_bootstrap(np.zeros(2, np.int32), np.array([0, t0]), np.array([1, t1]), 10, 3, 0)
    empty = np.empty(0, np.int32)
    with pytest.raises(NotEnoughDataError, match="needs labels"):
        sequential_bootstrap(empty, empty, empty, 10, 3, 0)
