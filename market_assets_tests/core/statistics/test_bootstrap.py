"""The stationary bootstrap: its law, its determinism, its intervals."""

import numpy as np
import pytest

from market_assets.core.errors import BadInputError, NotEnoughDataError
from market_assets.core.statistics.bootstrap import (
    bootstrap_figures,
    circular_indices,
    return_intervals,
    stationary_indices,
)
from market_assets.core.statistics.risk import max_drawdown
from market_assets.core.statistics.sharpe import sharpe_ratio


def test_blocks_have_the_mean_length_asked_for():
    """Steps that do not continue happen at rate 1 / mean_block (a new block lands on its successor by chance)."""
    indices = stationary_indices(500, 10.0, 400, seed=1)
    jumps = np.mean(indices[:, 1:] != (indices[:, :-1] + 1) % 500)
    assert jumps == pytest.approx(0.1 * (1 - 1 / 500), abs=0.003)


def test_every_period_is_drawn_equally_often():
    """Starts are uniform and blocks wrap, so no period is favoured."""
    counts = np.bincount(stationary_indices(20, 4.0, 20_000, seed=2).ravel(), minlength=20) / 20_000
    assert counts == pytest.approx(np.ones(20), abs=0.05)


def test_new_blocks_start_anywhere():
    """Reusing the uniform that decided for a new block leaves its start uniform and independent of the old one."""
    indices = stationary_indices(10, 5.0, 200_000, seed=3)
    jumped = indices[:, 1] != (indices[:, 0] + 1) % 10
    table = np.histogram2d(indices[jumped, 0], indices[jumped, 1], bins=[range(11), range(11)])[0]
    allowed = table[(np.arange(10)[:, None] + 1) % 10 != np.arange(10)[None, :]]
    assert allowed.min() > 0.7 * allowed.mean()
    assert allowed.max() < 1.3 * allowed.mean()


def test_chunks_do_not_show():
    """More resamples than one chunk: uniforms and starts are those of one draw of each from one generator."""
    generator = np.random.Generator(np.random.PCG64(9))
    uniform, starts = generator.random((2300, 7)), generator.integers(0, 7, 2300)
    found = stationary_indices(7, 3.0, 2300, seed=9)
    assert (found[:, 0] == starts).all()
    for rep in (0, 999, 1000, 2299):
        for step in range(1, 7):
            jump, successor = int(uniform[rep, step] * 3.0 * 7), (found[rep, step - 1] + 1) % 7
            assert found[rep, step] == (jump if uniform[rep, step] < 1.0 / 3.0 else successor)


@pytest.mark.parametrize(("n", "block"), [(20, 4), (23, 5), (7, 7), (5, 9), (6, 1)])
def test_circular_blocks_have_one_length_and_wrap(n, block):
    """Every block continues to its end, the last one is cut, no period is favoured, new blocks start anywhere."""
    indices = circular_indices(n, block, 8000, seed=3)
    assert indices.shape == (8000, n)
    assert indices.dtype == np.int32
    inside = np.arange(1, n) % block != 0
    assert (indices[:, 1:][:, inside] == (indices[:, :-1][:, inside] + 1) % n).all()
    counts = np.bincount(indices.ravel(), minlength=n) / 8000
    assert counts == pytest.approx(np.ones(n), abs=0.15)
    if block < n:
        jumps = np.mean(indices[:, block] == (indices[:, block - 1] + 1) % n)
        assert jumps == pytest.approx(1 / n, abs=0.03)


def test_circular_means_have_the_variance_of_their_blocks():
    """The variance of resampled means is that of circular block sums, which a plain average over starts gives."""
    values = np.cumsum(np.random.default_rng(1).normal(size=40))
    values -= values.mean()
    sums = np.array([np.take(values, np.arange(s, s + 8), mode="wrap").sum() for s in range(40)])
    means = values[circular_indices(40, 8, 40_000, seed=5)].mean(axis=1)
    assert means.var() == pytest.approx(5 * np.mean(sums**2) / 40**2, rel=0.05)


@pytest.mark.parametrize("draw", [stationary_indices, circular_indices])
def test_seed_decides(draw):
    """Same seed, same bytes; another seed, other bytes."""
    first, again, other = (draw(50, 5, 10, seed=s) for s in (1, 1, 2))
    assert (first == again).all()
    assert (first != other).any()


def test_figures_equal_the_plain_statistics():
    """The compiled loop gives Sharpe ratio, mean and maximum drawdown of each resample."""
    returns = np.random.default_rng(4).normal(0, 0.02, 80)
    indices = stationary_indices(80, 8.0, 30, seed=4)
    found = bootstrap_figures(returns, indices)
    for row, chosen in zip(found, indices, strict=True):
        sample = returns[chosen]
        assert row == pytest.approx([sharpe_ratio(sample), sample.mean(), max_drawdown(sample)], abs=1e-12)


def test_interval_covers_and_orders():
    """The interval holds the estimate, is wider at a higher level, and its drawdowns are losses."""
    returns = np.random.default_rng(5).normal(0.001, 0.01, 500)
    narrow = return_intervals(returns, reps=400, mean_block=5, seed=0, level=0.5)
    wide = return_intervals(returns, reps=400, mean_block=5, seed=0)
    assert wide.sharpe.low < narrow.sharpe.low < sharpe_ratio(returns) < narrow.sharpe.high < wide.sharpe.high
    assert wide.mean.low < returns.mean() < wide.mean.high
    assert wide.max_drawdown.low < wide.max_drawdown.high <= 0


def test_coverage_is_near_its_level():
    """On independent returns the 95 % interval of the mean covers the truth in about 95 % of 200 series."""
    generator = np.random.default_rng(6)
    hits = 0
    for seed in range(200):
        found = return_intervals(generator.normal(0.1, 1.0, 250), reps=200, mean_block=2, seed=seed).mean
        hits += found.low <= 0.1 <= found.high
    assert 0.88 <= hits / 200 <= 0.99


def test_constant_returns_have_no_interval():
    """Constant non-zero returns are a gap; an idle series has Sharpe ratio 0 in every resample."""
    with pytest.raises(NotEnoughDataError):
        return_intervals(np.full(30, 0.01), reps=10, mean_block=2, seed=0)
    idle = return_intervals(np.zeros(30), reps=10, mean_block=2, seed=0)
    assert (idle.sharpe.low, idle.sharpe.high) == (0.0, 0.0)


@pytest.mark.parametrize(("n", "block", "reps"), [(0, 2.0, 5), (5, 0.5, 5), (5, float("nan"), 5), (5, 2.0, 0)])
def test_senseless_sizes_are_refused(n, block, reps):
    """No resample without periods, blocks or repetitions."""
    for draw in (stationary_indices, circular_indices):
        with pytest.raises(BadInputError, match="bootstrap_size"):
            draw(n, block, reps, seed=0)


def test_foreign_indices_are_refused():
    """Positions outside the returns would read foreign memory in compiled code."""
    for indices in (np.array([[0, 5]], np.int32), np.array([[-1, 0]], np.int32)):
        with pytest.raises(BadInputError, match="bootstrap_indices"):
            bootstrap_figures(np.arange(5.0), indices)
