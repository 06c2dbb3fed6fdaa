"""Scores to weights: neutral, capped, causal."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from market_assets.core.errors import BadInputError
from market_assets.core.execution.portfolio import target_weights
from market_assets.core.execution.spec import PortfolioSpec

SCORES = arrays(np.float64, (4, 6), elements=st.one_of(st.floats(-1, 1), st.just(np.nan)))


def plain_neutral(score, spec):
    """The rule in plain Python; the cap is honoured by bisection on the scale of each side."""
    out = np.zeros_like(score)
    for s in range(len(score)):
        window = score[max(0, s - spec.smoothing + 1) : s + 1]
        views = {n: np.nanmean(window[:, n]) for n in range(score.shape[1]) if np.isfinite(window[:, n]).any()}
        if len(views) < 2:
            continue
        mean = np.mean(list(views.values()))
        gaps = {n: v - mean for n, v in views.items()}
        if max(abs(g) for g in gaps.values()) <= 1e-12 * max(abs(v) for v in views.values()):
            continue
        sides = [{n: abs(g) for n, g in gaps.items() if sign * g > 0} for sign in (1, -1)]
        side = min(spec.gross / 2, *(spec.cap * len(names) for names in sides))
        for sign, names in zip((1, -1), sides, strict=True):
            low, high = 0.0, 1e9
            for _ in range(300):
                mid = (low + high) / 2
                if sum(min(mid * g, spec.cap) for g in names.values()) < side:
                    low = mid
                else:
                    high = mid
            for n, g in names.items():
                out[s, n] = sign * min(high * g, spec.cap)
    return out


@pytest.mark.parametrize("cap", [0.05, 0.15, 0.3, 1.0])
@pytest.mark.parametrize("smoothing", [1, 4])
def test_neutral_equals_the_plain_rule(cap, smoothing):
    """Water-filling in compiled code is the rule solved by bisection."""
    generator = np.random.default_rng(7)
    score = generator.normal(0, 1, (30, 9)) ** 3
    score[generator.random(score.shape) < 0.3] = np.nan
    spec = PortfolioSpec(cap=cap, smoothing=smoothing)
    assert target_weights(score, spec) == pytest.approx(plain_neutral(score, spec), abs=1e-9)


@settings(max_examples=150, deadline=None)
@given(
    SCORES, st.sampled_from(["neutral", "directional"]), st.floats(0.05, 1.2), st.floats(0.1, 2.0), st.integers(1, 4)
)
def test_limits_always_hold(score, mode, cap, gross, smoothing):
    """Finite, no name above the cap, sum of absolute weights within gross, longs equal to shorts when neutral."""
    weights = target_weights(score, PortfolioSpec(mode=mode, cap=cap, gross=gross, smoothing=smoothing))
    assert np.isfinite(weights).all()
    assert np.abs(weights).max() <= cap * (1 + 1e-12)
    assert np.abs(weights).sum(axis=1).max() <= gross * (1 + 1e-9)
    if mode == "neutral":
        assert np.abs(weights.sum(axis=1)).max() <= 1e-9


@settings(max_examples=60, deadline=None)
@given(SCORES, SCORES, st.sampled_from(["neutral", "directional"]))
def test_weights_know_the_past_only(score, other, mode):
    """Whatever the later scores are, the earlier weights keep their bytes."""
    spec = PortfolioSpec(mode=mode, smoothing=3)
    changed = np.vstack([score[:2], other[2:]])
    assert target_weights(score, spec)[:2].tobytes() == target_weights(changed, spec)[:2].tobytes()


def test_a_denormal_difference_is_no_signal():
    """Views that differ by less than a float can scale up are equal: the book stays empty, not six times too large."""
    score = np.full((1, 6), 2.2e-311)
    score[0, 0] = 0.0
    assert not target_weights(score, PortfolioSpec(cap=1.0, gross=1.0, smoothing=1)).any()


def test_full_gross_is_reached_when_names_allow():
    """With enough names the book is fully invested although the cap binds on an outlier."""
    score = np.array([[9.0, 0.1, 0.2, 0.3, -0.1, -0.2, -0.3, -0.4]])
    weights = target_weights(score, PortfolioSpec(cap=0.2, gross=0.4, smoothing=1))
    assert np.abs(weights).sum() == pytest.approx(0.4)
    weights = target_weights(np.linspace(-1, 1, 40)[None, :], PortfolioSpec(smoothing=1))
    assert np.abs(weights).sum() == pytest.approx(1.0)
    assert np.abs(weights).max() <= 0.05


def test_few_names_make_a_smaller_book():
    """Two names at a cap of 5 % hold 10 %, not 100 %."""
    weights = target_weights(np.array([[1.0, -1.0]]), PortfolioSpec(smoothing=1))
    assert weights.tolist() == [[0.05, -0.05]]


def test_equal_views_are_no_position():
    """Demeaning 46 equal scores leaves rounding noise: it must not be scaled to a full book."""
    score = np.full((3, 46), 0.1)
    assert (target_weights(score, PortfolioSpec()) == 0.0).all()
    assert (target_weights(np.zeros((3, 5)), PortfolioSpec()) == 0.0).all()


@pytest.mark.parametrize("mode", ["neutral", "directional"])
def test_no_view_no_weight(mode):
    """A name without a score in the window holds nothing; a short gap keeps the smoothed view."""
    score = np.tile(np.array([[0.5, -0.5, 0.2, np.nan]]), (6, 1))
    score[2, 0] = np.nan
    score[3:, 1] = np.nan
    weights = target_weights(score, PortfolioSpec(mode=mode, smoothing=2, cap=0.4))
    assert (weights[:, 3] == 0).all()
    assert weights[2, 0] > 0
    assert weights[3, 1] < 0
    assert (weights[4:, 1] == 0).all()
    assert (target_weights(np.full((2, 3), np.nan), PortfolioSpec(mode=mode)) == 0).all()


def test_directional_follows_sign_and_size():
    """The smoothed score is the weight, cut at the cap and scaled into gross."""
    spec = PortfolioSpec(mode="directional", smoothing=2, cap=0.6, gross=1.0)
    weights = target_weights(np.array([[0.2, -0.4], [0.4, -0.2], [2.0, -2.0]]), spec)
    assert weights == pytest.approx(np.array([[0.2, -0.4], [0.3, -0.3], [0.5, -0.5]]))


def test_infinite_scores_are_refused():
    """An infinite score is an upstream failure, not full conviction."""
    with pytest.raises(BadInputError, match="score_grid"):
        target_weights(np.array([[1.0, np.inf]]), PortfolioSpec())
