"""Summaries of information coefficients: over time, by group, by horizon."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_assets.core.diagnostics.ic_summary import by_group, decay, forward_returns, summarise
from market_assets.core.diagnostics.information_coefficient import session_coefficients
from market_assets.core.errors import BadInputError, NotEnoughDataError


def plain_t(series, overlap):
    """Mean over its standard error, the long-run variance summed pair by pair of sessions; gaps take no part."""
    known = [(t, value) for t, value in enumerate(series) if not math.isnan(value)]
    n, mean = len(known), sum(value for _, value in known) / len(known)
    total = sum(
        (1 - abs(s - t) / (overlap + 1)) * (a - mean) * (b - mean)
        for s, a in known
        for t, b in known
        if abs(s - t) <= overlap
    )
    return mean / math.sqrt(total / (n * (n - 1)))


@given(st.integers(0, 10_000), st.integers(12, 40), st.integers(0, 4), st.floats(0, 0.4))
def test_equal_to_the_pairwise_sum(seed, sessions, overlap, missing):
    """t, with gaps at random; without overlap it is the mean over its plain standard error."""
    rng = np.random.default_rng(seed)
    series = np.where(rng.random(sessions) < missing, np.nan, rng.normal(0.05, 0.2, sessions))
    series[:6] = rng.normal(0.05, 0.2, 6)
    found = summarise(series, overlap)
    assert found.t == pytest.approx(plain_t(series, overlap), rel=1e-9)
    assert summarise(series).t == pytest.approx(found.t_naive, rel=1e-12)
    known = series[~np.isnan(series)]
    assert (found.sessions, found.gaps) == (len(known), sessions - len(known))
    assert found.ratio == pytest.approx(known.mean() / known.std(ddof=1))
    assert found.positive == np.mean(known > 0)


def test_overlapping_outcomes_make_the_naive_t_too_large():
    """A forecast of pure noise that moves slowly: the naive t rejects far too often, the other much less."""
    naive, corrected = [], []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        price = np.exp(np.cumsum(rng.normal(0, 0.02, (300, 12)), axis=0))
        forecast = np.cumsum(rng.normal(size=(300, 12)), axis=0)
        found = decay(forecast, price, [20])[20]
        naive.append(abs(found.t_naive) > 1.96)
        corrected.append(abs(found.t) > 1.96)
    assert np.mean(naive) > 0.4
    assert np.mean(corrected) < 0.7 * np.mean(naive)


def test_decay_of_a_planted_signal():
    """A forecast of the next return is strongest at horizon 1 and fades with the horizon; a session late it is gone."""
    rng = np.random.default_rng(1)
    returns = rng.normal(0, 0.02, (400, 30))
    price = np.exp(np.cumsum(returns, axis=0))
    forecast = np.full(returns.shape, np.nan)
    forecast[:-1] = returns[1:] + rng.normal(0, 0.02, (399, 30))
    found = decay(forecast, price, [1, 5, 20])
    means = [found[horizon].mean for horizon in (1, 5, 20)]
    assert means[0] == pytest.approx(0.69, abs=0.03)
    assert means[0] > means[1] > means[2] > 0.1
    assert found[20].gaps == 20
    assert abs(decay(forecast, price, [1], delay=1)[1].mean) < 0.03
    # planted bug: the return of the session itself instead of the one that follows
    late = np.vstack([np.full((1, 30), np.nan), forward_returns(price, 1)[:-1]])
    assert abs(summarise(session_coefficients(forecast, late)).mean) < 0.03


def test_forward_returns_begin_after_the_delay():
    """Price by price; unknown where the future, or a bar at either end, is missing."""
    price = np.array([[1.0], [2.0], [4.0], [np.nan], [8.0]])
    assert forward_returns(price, 1)[:, 0] == pytest.approx([1.0, 1.0, np.nan, np.nan, np.nan], nan_ok=True)
    assert forward_returns(price, 2, delay=1)[:, 0] == pytest.approx([np.nan, 1.0, np.nan, np.nan, np.nan], nan_ok=True)
    assert np.isnan(forward_returns(price, 9)).all()


def test_groups_apart():
    """Skill in one regime only shows there; a regime that is too short has no figure."""
    rng = np.random.default_rng(2)
    groups = np.repeat(["calm", "storm", "new"], [200, 200, 1])
    series = rng.normal(0, 0.1, 401) + np.where(groups == "calm", 0.1, 0.0)
    series[3] = np.nan
    found = by_group(series, groups, overlap=4)
    assert found["calm"] is not None
    assert found["storm"] is not None
    assert found["new"] is None
    assert found["calm"].t > 5 > 3 > abs(found["storm"].t)
    assert (found["calm"].sessions, found["calm"].gaps, found["storm"].gaps) == (199, 1, 0)
    alone = summarise(series[200:400], 4)
    assert found["storm"].t == pytest.approx(alone.t, rel=1e-12)


def test_no_figure_where_there_is_none():
    """Few, equal or missing coefficients are a gap that names the horizon; other shapes and prices are bad input."""
    for series in ([], [0.1], [0.1, np.nan], [0.2, 0.2, 0.2]):
        with pytest.raises(NotEnoughDataError):
            summarise(series)
    with pytest.raises(NotEnoughDataError, match="overlap 3"):
        summarise([0.1, 0.2, 0.3], overlap=3)
    with pytest.raises(NotEnoughDataError, match="horizon 9"):
        decay(np.ones((5, 4)), np.ones((5, 4)), [9])
    for wrong in ([[0.1]], [np.inf, 0.1]):
        with pytest.raises(BadInputError, match="coefficient_series"):
            summarise(wrong)
    with pytest.raises(BadInputError, match="groups"):
        by_group([0.1, 0.2], np.array(["a"]))
    for price, horizon in ((np.zeros((3, 1)), 1), (np.ones((3, 1)), 0), (np.ones(3), 1)):
        with pytest.raises(BadInputError, match="coefficient_inputs"):
            forward_returns(price, horizon)
