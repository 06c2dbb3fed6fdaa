"""The gate on simulated draws: it refuses the worthless, promotes the skilled, and a broken gate shows."""

from dataclasses import replace

import pytest

from benchmarks.characteristic.exact import clopper_pearson
from benchmarks.characteristic.judge import FULL, RULES, at_trials, judge_draw
from benchmarks.characteristic.simulate import generator_of, simulate
from benchmarks.characteristic.summary import GATES, Share, false_promotions, true_promotions
from benchmarks.characteristic.world import World
from market_assets.core.gates.collect import collect

CLAIM = 0.001
"""False promotion rate that the draws below must not disprove."""


@pytest.fixture(scope="module")
def nulls():
    """Null draws, half of them with unrelated candidates."""
    return [judge_draw(World(correlation=r), 11, draw) for r in (0.0, 0.7) for draw in range(50)]


@pytest.fixture(scope="module")
def skilled():
    """Draws where every candidate has an annual net Sharpe ratio of 5."""
    return [judge_draw(World(sharpe=5.0, skilled=5), 11, draw) for draw in range(10)]


def test_worthless_candidates_are_refused(nulls):
    """At most one promotion in 100 draws: two would disprove the claim at the exact 97.5 % bound."""
    found = false_promotions(nulls, GATES["the product's gate"])
    assert found.count == 100
    assert found.interval[0] <= CLAIM
    assert clopper_pearson(2, 100)[0] > CLAIM


def test_skilled_candidates_are_promoted(skilled):
    """Nearly all, judged at the product's own resampling sizes; none of them is a false promotion."""
    assert true_promotions(skilled, GATES["the product's gate"]).hits >= 9
    assert false_promotions(skilled, GATES["best backtest above 0"]).hits == 0
    assert all(one.full for one in skilled)


def test_a_broken_gate_is_seen(nulls):
    """Without deflation and PBO the same draws give a rate that is clearly above the claim; naive gates are worse."""
    broken = false_promotions(nulls, GATES["the product's gate, N = 1 and no PBO"])
    naive = false_promotions(nulls, GATES["best backtest above 0"])
    assert broken.interval[0] > 5 * CLAIM
    assert naive.rate > 0.6
    assert broken.hits < false_promotions(nulls, GATES["DSR > 0.95 alone, N = 1"]).hits < naive.hits


def test_another_trial_count_is_what_the_product_gathers():
    """Evidence rewritten to N = fits equals evidence gathered with N = fits, every field of it."""
    world = World(sharpe=1.0, skilled=2)
    returns = simulate(world, generator_of(world, 0, 0))
    by_own, by_fits = (
        collect(returns, replace(FULL, deflate_by=count), trials=world.trials, configurations=world.candidates, seed=3)
        for count in ("configurations", "fits")
    )
    assert by_fits.deflated_sharpe < by_own.deflated_sharpe
    assert at_trials(by_own, returns, world.trials) == by_fits


@pytest.mark.parametrize("sharpe", [0.0, 2.0])
def test_small_sizes_never_change_a_verdict(sharpe):
    """Judged at full sizes throughout, the same draws get the same verdict, also with one rule left out."""
    world = World(sharpe=sharpe, skilled=1)
    resampled = [RULES.index("sharpe_interval_low"), RULES.index("spa_pvalue")]
    for draw in range(5):
        saved, full = (judge_draw(world, 5, draw, always_full) for always_full in (False, True))
        assert (saved.promoted, saved.promoted_fits) == (full.promoted, full.promoted_fits)
        if saved.full:
            assert saved == full
        else:
            kept = [passed for rule, passed in enumerate(saved.passed) if rule not in resampled]
            assert kept.count(False) >= 2
            assert [passed for rule, passed in enumerate(full.passed) if rule not in resampled] == kept


def test_truth_is_that_of_the_judged_candidate(nulls):
    """A worthless candidate that wins beside a skilled one counts as worthless."""
    assert {one.truth for one in nulls} == {0.0}
    world = World(correlation=0.0, sharpe=0.5, skilled=1)
    found = [judge_draw(world, 2, draw) for draw in range(8)]
    assert [one.truth for one in found] == [0.5 if one.best == 0 else 0.0 for one in found]
    assert len({one.truth for one in found}) == 2


def test_a_share_reads_as_percent():
    """Rate and exact interval."""
    assert str(Share(10, 100)) == "10 % (4.9 to 17.6)"
    assert str(Share(0, 2000)) == "0 % (0 to 0.184)"
