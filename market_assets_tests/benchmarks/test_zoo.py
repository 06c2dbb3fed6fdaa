"""The leak zoo on one world: every leak that it claims to catch is caught, every twin is clean."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import binom

from benchmarks.suite.zoo import leak_rows, stage_rows
from benchmarks.zoo.entries import ZOO
from benchmarks.zoo.measure import Share, false_alarms, flagged_shapes, recall, shapes, survey
from benchmarks.zoo.world import make_world

BEYOND_REACH = {"constant tuned by hand"}
"""Leaks that leave no trace in code or data: the ledger of fits is what stands against them."""


@pytest.fixture(scope="module")
def seen():
    return survey(("calm",), (0,))


def test_zoo_is_what_it_says():
    """Unique names, both pipelines differ, every part of the zoo is there."""
    assert len({(entry.group, entry.name) for entry in ZOO}) == len(ZOO) == len({entry.name for entry in ZOO})
    assert len({entry.group for entry in ZOO}) == 7
    assert all(entry.leaky is not entry.clean and entry.story.endswith(".") for entry in ZOO)


def test_leaks_are_caught_where_they_are(seen):
    """Each by a detector of its own stage; what is beyond reach is missed, and stays in the table as missed."""
    assert {one.entry.name for one in seen if not one.caught} == BEYOND_REACH
    assert not [one for one in seen if one.elsewhere]
    assert [row[1] for row in leak_rows(seen) if row[3] == "MISSED"] == sorted(BEYOND_REACH)


def test_twins_are_clean(seen):
    """No detector flags any stage of any clean pipeline."""
    assert {one.entry.name: one.twin for one in seen if one.twin} == {}


def test_counts(seen):
    """Shapes, worlds and alarms are counted once each."""
    missed = len(BEYOND_REACH)
    assert recall(seen) == shapes(seen) == Share(len(ZOO) - missed, len(ZOO))
    assert shapes([*seen, *seen]).n == len(ZOO)
    assert recall([*seen, *seen]).n == 2 * len(ZOO)
    assert false_alarms(seen) == flagged_shapes([*seen, *seen]) == Share(0, len(ZOO))
    noisy = [replace(one, twin=frozenset({"universe"})) if one is seen[0] else one for one in seen]
    assert flagged_shapes([*seen, *noisy]) == Share(1, len(ZOO))
    assert sum(row[2] for row in stage_rows(seen)) == len(ZOO)


@pytest.mark.parametrize(("k", "n"), [(0, 40), (38, 40), (40, 40), (3, 510)])
def test_interval_is_exact(k, n):
    """At the ends of the interval the binomial tails hold 2.5 % (Clopper & Pearson 1934)."""
    low, high = Share(k, n).interval
    assert low == 0.0 if k == 0 else binom.sf(k - 1, n, low) == pytest.approx(0.025)
    assert high == 1.0 if k == n else binom.cdf(k, n, high) == pytest.approx(0.025)


def test_worlds_follow_their_seed():
    """Same seed, same bytes; another seed, another world; halts, ends, late listings and splits are there."""
    one, same, other = make_world("wild", 3), make_world("wild", 3), make_world("wild", 4)
    close = one.bars["close"].values
    np.testing.assert_array_equal(close, same.bars["close"].values)
    assert not np.array_equal(close, other.bars["close"].values)
    assert np.isnan(close[0]).any()
    assert np.isnan(close[-1]).any()
    assert (one.bars["split"].values == 2.0).any()
    assert not np.any(one.train & one.test)
