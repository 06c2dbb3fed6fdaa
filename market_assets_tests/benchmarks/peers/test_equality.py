"""The peers compute what we compute; nothing is timed here."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.peers.barriers import Outcome, numpy_triple_barrier
from benchmarks.peers.overfitting import loop_pbo
from benchmarks.peers.sequential import intervals, numpy_draws
from benchmarks.peers.timing import Comparison, NotEqualError, agree
from market_assets.core.labels.sequential import sequential_draws
from market_assets.core.labels.spec import LabelSpec
from market_assets.core.labels.triple_barrier import triple_barrier
from market_assets.core.market.adjust import adjust
from market_assets.core.market.synthetic import SyntheticSpec, synthesize
from market_assets.core.statistics.pbo import cscv


@pytest.mark.parametrize(
    "spec", [LabelSpec(), LabelSpec(profit=0.5, stop=3.0, holding=3, min_return=0.02), LabelSpec(holding=1)]
)
def test_numpy_labels_equal_ours(spec):
    """Label, return to the last bit, barrier and deciding row, over splits and dividends."""
    panel = adjust(synthesize(SyntheticSpec(symbols=5, years=1.5, seed=3)).panel)
    ours, theirs = triple_barrier(panel, spec), numpy_triple_barrier(panel, spec)
    for name in Outcome._fields:
        np.testing.assert_array_equal(getattr(ours, name), getattr(theirs, name), err_msg=name)


def test_a_planted_bug_in_the_labels_is_seen():
    """A stop that is one part in a hundred wider gives other labels."""
    panel = adjust(synthesize(SyntheticSpec(symbols=5, years=1.5, seed=3)).panel)
    wider = numpy_triple_barrier(panel, replace(LabelSpec(), stop=2.02))
    with pytest.raises(NotEqualError, match="labels"):
        agree(np.array_equal(triple_barrier(panel, LabelSpec()).ret, wider.ret, equal_nan=True), "labels")


def test_numpy_draws_equal_ours():
    """The same uniform numbers pick the same labels of a synthetic market; those of another start do not."""
    labels = intervals(adjust(synthesize(SyntheticSpec(symbols=4, years=1.5, seed=3)).panel), LabelSpec())
    uniforms = np.random.default_rng(1).random(300)
    theirs = numpy_draws(*labels, uniforms)
    np.testing.assert_array_equal(sequential_draws(*labels, uniforms), theirs)
    code, t0, t1, sessions = labels
    assert np.any(sequential_draws(code, t0, np.maximum(t1 - 1, t0), sessions, uniforms) != theirs)


def test_loop_pbo_equals_ours():
    """Also where the blocks do not divide the days."""
    for seed in range(5):
        returns = np.random.default_rng(seed).normal(0.0, 0.01, (203, 7))
        assert loop_pbo(returns, 6) == cscv(returns, 6).pbo


def test_ratio_is_the_peers_time_over_ours():
    """Above 1 ours is faster."""
    assert Comparison("w", "p", "s", ours=0.5, theirs=2.0, demand=3.0).ratio == 4.0
