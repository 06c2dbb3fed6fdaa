"""Means of coefficients and their errors: against the plain summary, a plain bootstrap, and worlds without skill."""

import numpy as np
import pytest

from market_assets.core.diagnostics.ic_inference import adjusted, lags_of, mean_coefficients, mean_intervals
from market_assets.core.diagnostics.ic_summary import by_group, summarise
from market_assets.core.errors import BadInputError
from market_assets.core.statistics.bootstrap import stationary_indices
from market_assets.core.statistics.multiplicity import benjamini_yekutieli


def series_of(seed, k=3, sessions=120):
    """Coefficients with gaps, one row too short for anything."""
    rng = np.random.default_rng(seed)
    out = np.clip(rng.normal(0.05, 0.2, (k + 1, sessions)), -1, 1)
    out[rng.random(out.shape) < 0.1] = np.nan
    out[k, 2:] = np.nan
    return out


@pytest.mark.parametrize("horizon", [1, 5])
def test_the_plain_summary_says_the_same(horizon):
    """Mean, spread and t of every row are those of ``summarise`` with the same lags; a short row has none."""
    series = series_of(0)
    found = mean_coefficients(series, horizon)
    for row, own in enumerate(series[:3]):
        want = summarise(own, lags_of(horizon))
        got = (found.sessions[row], found.mean[row], found.std[row], found.t[row])
        assert got == pytest.approx((want.sessions, want.mean, want.std, want.t), rel=1e-10)
    assert found.sessions[3] <= 2
    assert np.isnan(found.p[3]) or horizon == 1


def test_a_part_of_the_sessions_is_a_group():
    """A mask of sessions gives what ``by_group`` gives: left out, not closed up."""
    series, state = series_of(1), np.arange(120) % 7 < 3
    found = mean_coefficients(series, 3, state)
    for row, own in enumerate(series[:3]):
        want = by_group(own, state, lags_of(3))[True]
        assert want is not None
        assert (found.mean[row], found.t[row]) == pytest.approx((want.mean, want.t), rel=1e-10)


def test_worthless_slow_features_are_rarely_called_informative():
    """Overlapping returns without skill: 5 % of p-values below 5 %, where plain sessions would give 40 %."""
    rng, sessions, features, horizon = np.random.default_rng(3), 1200, 1500, 10
    steps = rng.normal(size=(features, sessions + horizon))
    total = np.cumsum(steps, axis=1)
    series = np.tanh(0.1 * (total[:, horizon:] - total[:, :-horizon]))
    share = float((mean_coefficients(series, horizon).p < 0.05).mean())
    assert 0.035 < share < 0.065
    assert float((mean_coefficients(series, 1).p < 0.05).mean()) > 0.3


def test_corrections_leave_out_what_has_no_p_value():
    """A gap stays a gap and is not counted among the tests."""
    found = adjusted(np.array([0.01, np.nan, 0.04]))
    assert found["benjamini_yekutieli"][[0, 2]] == pytest.approx(benjamini_yekutieli([0.01, 0.04]))
    assert found["holm"] == pytest.approx([0.02, np.nan, 0.04], nan_ok=True)
    assert np.isnan(adjusted(np.array([np.nan]))["holm"]).all()


def test_intervals_are_those_of_a_plain_bootstrap():
    """Each resample is the mean of the drawn coefficients, gaps left out; the same seed gives the same interval."""
    series, draws = series_of(2), stationary_indices(120, 6.0, 200, 4)
    low, high = mean_intervals(series, draws, 0.9)
    for row, own in enumerate(series[:3]):
        want = np.quantile([np.nanmean(own[drawn]) for drawn in draws], [0.05, 0.95])
        assert (low[row], high[row]) == pytest.approx(tuple(want), rel=1e-12)
    assert np.isnan(low[3])
    assert mean_intervals(series, stationary_indices(120, 6.0, 200, 4), 0.9)[0].tobytes() == low.tobytes()


def test_bad_inputs_are_refused():
    """One dimension, infinite values, a mask of other sessions, draws of other sessions."""
    for wrong in (lambda: mean_coefficients(np.zeros(3), 1), lambda: mean_coefficients(np.full((1, 3), np.inf), 1)):
        with pytest.raises(BadInputError, match="coefficient_series"):
            wrong()
    with pytest.raises(BadInputError, match="mask"):
        mean_coefficients(np.zeros((1, 3)), 1, np.ones(2))
    with pytest.raises(BadInputError, match="coefficient_series"):
        mean_intervals(np.zeros((1, 3)), np.zeros((2, 2), np.int32), 0.9)
