"""Draws of candidate returns."""

import numpy as np
import pytest

from benchmarks.characteristic.simulate import generator_of, simulate
from benchmarks.characteristic.world import FIRST, PATHS, PERIODS, SESSIONS, World


def drawn(world, draw, seed=0):
    """Returns of one draw."""
    return simulate(world, generator_of(world, seed, draw))


def test_a_draw_depends_on_its_number_alone():
    """The same bytes again; another draw, seed or correlation gives other noise."""
    world = World()
    assert drawn(world, 3).to_bytes() == drawn(world, 3).to_bytes()
    others = [drawn(world, 4), drawn(world, 3, seed=1), drawn(World(correlation=0.5), 3)]
    assert len({one.to_bytes() for one in (drawn(world, 3), *others)}) == 4


def test_worlds_that_differ_in_skill_share_their_noise():
    """The returns differ by the mean of the skilled candidate, and by nothing else."""
    worthless, skilled = drawn(World(), 0), drawn(World(sharpe=2.0, skilled=1), 0)
    difference = (skilled.walk_forward - worthless.walk_forward)[FIRST:]
    assert difference[:, 0] == pytest.approx(2.0 / PERIODS**0.5 * 0.10 / PERIODS**0.5)
    assert not difference[:, 1:].any()
    assert (skilled.rules == worthless.rules).all()


def test_correlations_are_those_of_the_world():
    """Candidates within a version, versions of a candidate, and the market's two books."""
    found = [drawn(World(correlation=0.5), draw) for draw in range(12)]
    between = [np.corrcoef(*one.walk_forward[FIRST:, :2].T)[0, 1] for one in found]
    versions = [np.corrcoef(one.walk_forward[FIRST:, 0], one.paths[0, 2, FIRST:])[0, 1] for one in found]
    books = [np.corrcoef(*one.rules[:, :2].T)[0, 1] for one in found]
    assert np.mean(between) == pytest.approx(0.5, abs=0.04)
    assert np.mean(versions) == pytest.approx(0.8, abs=0.02)
    assert np.mean(books) == pytest.approx(0.95**0.5, abs=0.01)


def test_true_sharpe_ratio_is_the_one_asked_for():
    """Mean over draws of the sample Sharpe ratio: 2 for the skilled candidate, 0 for the others."""
    world, ratios = World(correlation=0.0, sharpe=2.0, skilled=1), []
    for draw in range(60):
        walked = drawn(world, draw).walk_forward[FIRST:]
        ratios.append(walked.mean(axis=0) / walked.std(axis=0, ddof=1) * PERIODS**0.5)
    error = (PERIODS / (SESSIONS - FIRST) / len(ratios)) ** 0.5
    assert np.mean(ratios, axis=0) == pytest.approx([world.truth(k) for k in range(5)], abs=4 * error)


def test_returns_have_the_shape_of_the_product():
    """Six folds of 125 sessions, five paths, NaN before the walk-forward span."""
    returns = drawn(World(candidates=3), 0)
    assert [fold.stop - fold.start for fold in returns.folds()] == [125] * 6
    assert returns.paths.shape == (3, PATHS, SESSIONS)
    assert np.isnan(returns.walk_forward[:FIRST]).all()
    assert np.isfinite(returns.walk_forward[FIRST:]).all()
