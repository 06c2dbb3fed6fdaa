"""Adaptive conformal inference: published levels, a plain oracle, its bounds, and outcomes that arrive late."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from market_assets.core.conformal.adaptive import adaptive_levels, adaptive_path
from market_assets.core.conformal.split import conformal_quantile
from market_assets.core.errors import BadInputError
from market_assets_tests.golden.cases import case


def plain_path(score, t0, t1, sessions, alpha, gamma, delayed=True):
    """Plain definition in fractions of 1e-9, by lists; ``delayed=False`` plants outcomes known at once."""
    target, step, levels, quantiles = Fraction(str(alpha)), Fraction(str(gamma)), [], []
    level = target
    known_at = t1 if delayed else t0
    for session in range(sessions):
        missed = [score[i] > quantiles[t0[i]] for i in range(len(score)) if known_at[i] == session - 1]
        if missed:
            level = Fraction(round((level + step * (target - Fraction(sum(missed), len(missed)))) * 10**9), 10**9)
        known = [score[i] for i in range(len(score)) if known_at[i] < session]
        if level <= 0:
            quantile = math.inf
        elif level >= 1:
            quantile = -math.inf
        else:
            quantile = conformal_quantile(known, level)
        levels.append(float(level))
        quantiles.append(quantile)
    return levels, quantiles


def late_rows(seed, sessions=60, symbols=4, longest=8, drift=0.0):
    """Rows of some symbols with overlapping labels of random length; scores grow by ``drift`` a session."""
    generator = np.random.default_rng(seed)
    t0 = np.repeat(np.arange(sessions - longest), symbols)
    t1 = t0 + generator.integers(0, longest, t0.size)
    return generator.random(t0.size) + drift * t0, t0, t1


def test_published_levels():
    """Gibbs & Candes (2021), eq. 2: levels leave [0, 1] and come back to exactly 0."""
    item = case("adaptive_conformal_inference", "fixed_errors")
    given_, expected = item["inputs"], item["expected"]
    levels = adaptive_levels(given_["errors"], given_["alpha"], given_["gamma"], given_["alpha_1"])
    assert levels[:-1] == pytest.approx(expected["alpha_t"], abs=item["tolerance"])
    assert levels[-1] == expected["alpha_final"]
    assert np.mean(given_["errors"]) == expected["mean_error"]


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([0.01, 0.1, 0.5]), st.sampled_from([0.1, 0.3, 0.5]))
def test_path_equals_the_plain_definition(seed, gamma, alpha):
    """Levels and quantiles are those of the plain definition, infinite and empty sets included."""
    score, t0, t1 = late_rows(seed, sessions=30, symbols=2, drift=0.02)
    found = adaptive_path(score, t0, t1, 30, alpha=alpha, gamma=gamma)
    levels, quantiles = plain_path(score, t0, t1, 30, alpha, gamma)
    assert found.level == pytest.approx(levels, abs=1e-15)
    assert found.quantile.tolist() == quantiles


def test_row_order_does_not_matter():
    """The path is the same whatever the order of the rows."""
    score, t0, t1 = late_rows(3)
    shuffled = np.random.default_rng(0).permutation(score.size)
    first = adaptive_path(score, t0, t1, 60, alpha=0.1, gamma=0.05)
    again = adaptive_path(score[shuffled], t0[shuffled], t1[shuffled], 60, alpha=0.1, gamma=0.05)
    assert first.level.tobytes() == again.level.tobytes()
    assert first.quantile.tobytes() == again.quantile.tobytes()


def past_moves(run, cut=30):
    """True if the path up to ``cut`` moves when rows and labels that end later are changed."""
    score, t0, t1 = late_rows(5, drift=0.02)
    other, later = score.copy(), t1 >= cut
    other[later] = 10 - other[later]
    pairs = zip(run(score, t0, t1), run(other, t0, t1), strict=True)
    return any(np.asarray(a)[: cut + 1].tobytes() != np.asarray(b)[: cut + 1].tobytes() for a, b in pairs)


def test_the_future_never_moves_the_past():
    """Levels and quantiles up to a session are the same bytes when every label not yet over is changed."""

    def own(score, t0, t1):
        found = adaptive_path(score, t0, t1, 60, alpha=0.1, gamma=0.05)
        return found.level, found.quantile, found.calibration, found.steps

    assert not past_moves(own)


def test_outcomes_taken_before_they_are_known_are_caught():
    """The planted mistake, no delay, moves the past when the future changes, and so is found by the same check."""
    assert not past_moves(lambda *rows: plain_path(*rows, 60, 0.1, 0.05))
    assert past_moves(lambda *rows: plain_path(*rows, 60, 0.1, 0.05, delayed=False))


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([0.02, 0.2]))
def test_mean_error_is_bounded_for_any_sequence(seed, gamma):
    """|mean error - alpha| <= (max(alpha, 1 - alpha) + (D + 1) gamma) / (T gamma), with scores that drift away."""
    alpha, longest = 0.1, 8
    score, t0, t1 = late_rows(seed, sessions=200, longest=longest, drift=0.05)
    found = adaptive_path(score, t0, t1, 200, alpha=alpha, gamma=gamma)
    steps = found.steps[~np.isnan(found.steps)]
    reach = (longest + 1) * gamma
    assert -reach <= found.level.min()
    assert found.level.max() <= 1 + reach
    assert abs(steps.mean() - alpha) <= (max(alpha, 1 - alpha) + reach) / (steps.size * gamma) + 1e-9
    assert found.level[-1] - alpha == pytest.approx(gamma * np.sum(alpha - steps), abs=1e-6)


def test_it_adapts_where_a_fixed_quantile_fails():
    """Scores that double half-way: the fixed quantile covers half of them, adaptive sets come back to about 90 %."""
    generator = np.random.default_rng(7)
    t0 = np.repeat(np.arange(2000), 5)
    score = generator.random(t0.size) * np.where(t0 < 1000, 1.0, 2.0)
    found = adaptive_path(score, t0, t0, 2000, alpha=0.1, gamma=0.02)
    late = t0 >= 1000
    assert np.mean(score[late] <= conformal_quantile(score[~late], 0.1)) < 0.55
    assert np.mean(score[late] <= found.quantile[t0[late]]) == pytest.approx(0.9, abs=0.01)


def test_sessions_without_outcomes_stand_still():
    """Until a label has ended the level is alpha, the set is infinite and nothing is calibrated."""
    found = adaptive_path([0.5], [0], [5], 8, alpha=0.2, gamma=0.1)
    assert found.level.tolist() == pytest.approx([0.2] * 6 + [0.22] * 2)
    assert np.isposinf(found.quantile).all()
    assert found.calibration.tolist() == [0] * 6 + [1] * 2


def test_senseless_inputs_are_refused():
    """NaN scores, labels that end before they begin or after the last session, steps of 0."""
    with pytest.raises(BadInputError, match="conformal_scores"):
        adaptive_path([math.nan], [0], [1], 3, alpha=0.1, gamma=0.1)
    for t0, t1 in (([1], [0]), ([0], [3]), ([-1], [0])):
        with pytest.raises(BadInputError, match="label_interval"):
            adaptive_path([0.1], t0, t1, 3, alpha=0.1, gamma=0.1)
    with pytest.raises(BadInputError, match="adaptive_step"):
        adaptive_levels([0, 1], 0.1, 0.0)
