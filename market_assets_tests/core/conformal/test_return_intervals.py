"""Intervals of the next session's return: plain twin, nothing known early, coverage within groups."""

from dataclasses import replace

import numpy as np
import pytest

from market_assets.core.conformal.return_intervals import ReturnIntervalSpec, past_slope, return_intervals
from market_assets.core.errors import BadInputError

SPEC = ReturnIntervalSpec()


def market(seed, sessions=400, names=8, common=0.7):
    """Forecasts and scaled returns of names that move together, in groups of which one is twice as wild."""
    generator = np.random.default_rng(seed)
    t0 = np.repeat(np.arange(sessions - 3), names)
    group = (generator.random(sessions) < 0.3).astype(np.int64)[t0]
    shared, own = generator.standard_t(4, sessions)[t0], generator.standard_t(4, t0.size)
    probability = generator.uniform(0.3, 0.7, t0.size)
    noise = (common * shared + np.sqrt(1 - common**2) * own) * np.where(group == 1, 2.0, 1.0)
    outcome = 0.8 * (2 * probability - 1) + noise
    probability[generator.random(t0.size) < 0.05] = np.nan
    outcome[generator.random(t0.size) < 0.05] = np.nan
    t0 = t0.astype(np.int32)
    return probability, outcome, group, t0, (t0 + 2).astype(np.int32)


def run(columns, sessions=400, spec=SPEC):
    return return_intervals(*columns, sessions=sessions, spec=spec)


def plain_quantile(scores, level):
    """Smallest score that a share of level of the scores, counted out of one more than there are, does not exceed."""
    k = int(np.ceil(round((len(scores) + 1) * (1 - level), 9)))
    return np.sort(scores)[k - 1] if k <= len(scores) else np.inf


def plain(columns, sessions, spec):
    """Session by session, from the definition."""
    probability, outcome, group, t0, t1 = columns
    signal = 2 * probability - 1
    score, width = np.full(t0.size, np.nan), np.full(t0.size, np.nan)
    for row in range(t0.size):
        past = (t1 < t0[row]) & ~np.isnan(signal) & ~np.isnan(outcome)
        square = np.sum(signal[past] ** 2)
        slope = np.sum(signal[past] * outcome[past]) / square if square > 0 else 0.0
        score[row] = abs(outcome[row] - slope * signal[row])
    for code in np.unique(group):
        rows = np.flatnonzero((group == code) & ~np.isnan(score))
        level, in_force = spec.alpha, {}
        for session in range(sessions):
            just = rows[t1[rows] == session - 1]
            if just.size:
                missed = np.mean([score[row] > in_force[t0[row]] for row in just])
                level = round(level + round(spec.gamma * (spec.alpha - missed), 9), 9)
            known = rows[t1[rows] < session]
            quantile = np.inf if level <= 0 else -np.inf if level >= 1 else plain_quantile(score[known], level)
            in_force[session] = quantile
            mine = (group == code) & (t0 == session) & ~np.isnan(probability)
            width[mine] = quantile if len(set(t1[known])) >= spec.min_sessions else np.nan
    return score, width


@pytest.mark.parametrize("seed", range(3))
def test_plain_twin(seed):
    """The fast path gives what the definition gives."""
    columns = market(seed, sessions=70, names=3)
    spec = replace(SPEC, min_sessions=3)
    found, (score, width) = run(columns, 70, spec), plain(columns, 70, spec)
    np.testing.assert_allclose(found.score, score, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(found.half_width, width, rtol=1e-9, atol=1e-12)
    assert np.isfinite(width).sum() > 100


def test_outcomes_count_only_once_they_are_over():
    """Outcomes that end at or after a session change nothing of that session's intervals; a later one does."""
    columns = market(5)
    probability, outcome, group, t0, t1 = columns
    before, cut = run(columns).half_width, 200
    changed = np.where(t1 >= cut, outcome * 9.0 + 1.0, outcome)
    after = run((probability, changed, group, t0, t1)).half_width
    np.testing.assert_array_equal(before[t0 <= cut], after[t0 <= cut])
    assert not np.array_equal(before[t0 > cut], after[t0 > cut], equal_nan=True)


def test_planted_early_knowledge_is_seen():
    """The check above has teeth: with outcomes taken as known at once, the same change moves the past."""
    probability, outcome, group, t0, t1 = market(5)
    cut = 200
    before = run((probability, outcome, group, t0, t0)).half_width
    after = run((probability, np.where(t1 >= cut, outcome * 9.0 + 1.0, outcome), group, t0, t0)).half_width
    assert not np.array_equal(before[t0 <= cut], after[t0 <= cut], equal_nan=True)


@pytest.mark.parametrize("seed", range(4))
def test_coverage_holds_in_every_group(seed):
    """Within two points of 90 % in the calm and in the wild group, though names move together."""
    columns = market(seed, sessions=1500)
    found = run(columns, 1500)
    judged = ~np.isnan(found.score) & ~np.isnan(found.half_width)
    for code in (0, 1):
        mine = judged & (columns[2] == code)
        assert np.mean(found.score[mine] <= found.half_width[mine]) == pytest.approx(0.9, abs=0.02)


def test_slope_is_learned_from_the_past():
    """Late rows have the planted slope, the first have none."""
    probability, outcome, _, t0, t1 = market(1, sessions=2000)
    slope = past_slope(2 * probability - 1, outcome, t0, t1, 2000)
    assert np.all(slope[t0 <= 2] == 0.0)
    assert slope[-1] == pytest.approx(0.8, abs=0.15)


def test_columns_must_match():
    """Rows of different length are refused."""
    probability, outcome, group, t0, t1 = market(1)
    with pytest.raises(BadInputError, match="shape"):
        run((probability[:-1], outcome, group, t0, t1))
