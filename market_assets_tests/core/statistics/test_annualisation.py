"""Lo's time aggregation against published values and against the variance it comes from."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_assets.core.errors import BadInputError, NotEnoughDataError
from market_assets.core.statistics.annualisation import (
    annualisation_factor,
    annualisation_factor_ar1,
    autocorrelations,
)
from market_assets_tests.golden.cases import cases


@pytest.mark.parametrize("item", cases("sharpe_annualisation_factor_lo"))
def test_published_cases(item):
    """Eta of an AR(1), beside the square root rule."""
    i, want, tol = item["inputs"], item["expected"], item["tolerance"]
    assert annualisation_factor_ar1(i["q"], i["ar1_rho"]) == pytest.approx(want["eta"], abs=tol)
    assert annualisation_factor(i["q"], np.zeros(i["q"] - 1)) == pytest.approx(want["iid_sqrt_q"], abs=tol)


@given(q=st.integers(1, 252), rho=st.floats(-0.99, 0.99))
def test_equal_to_the_closed_form_of_an_ar1(q, rho):
    """The lag sum is sqrt(q) (1 + 2 rho/(1-rho) (1 - (1-rho^q)/(q(1-rho))))^(-1/2), eq. 21."""
    closed = math.sqrt(q / (1 + 2 * rho / (1 - rho) * (1 - (1 - rho**q) / (q * (1 - rho)))))
    assert annualisation_factor_ar1(q, rho) == pytest.approx(closed, rel=1e-6)


@given(st.lists(st.floats(-0.3, 0.3), min_size=3, max_size=3))
def test_equal_to_the_variance_of_the_sum(rho):
    """q over the root of the variance of q unit-variance returns with this correlation matrix."""
    lags = np.abs(np.subtract.outer(np.arange(4), np.arange(4)))
    variance = np.concatenate([[1.0], rho])[lags].sum()
    assert annualisation_factor(4, rho) == pytest.approx(4 / math.sqrt(variance), rel=1e-12)


def test_swapped_lag_weights_would_be_noticed():
    """Weighting lag k by k instead of q - k moves the factor far beyond the tolerance."""
    rho = 0.2 ** np.arange(1, 12)
    wrong = 12 / math.sqrt(12 + 2 * float(np.arange(1, 12) @ rho))
    assert abs(wrong - annualisation_factor(12, rho)) > 0.1


def test_sample_autocorrelations_are_the_definition():
    """Each lag over T, also for the last lag; an AR(1) gives back its coefficient."""
    values = np.random.default_rng(0).normal(size=12)
    e = values - values.mean()
    want = [sum(e[t] * e[t - k] for t in range(k, 12)) / sum(e**2) for k in range(1, 12)]
    assert autocorrelations(values, 11) == pytest.approx(np.array(want), abs=1e-12)
    shocks = np.random.default_rng(1).normal(size=20_000)
    path = np.zeros(20_000)
    for t in range(1, 20_000):
        path[t] = 0.4 * path[t - 1] + shocks[t]
    assert autocorrelations(path, 2) == pytest.approx([0.4, 0.16], abs=0.03)


def test_what_no_process_has_is_refused():
    """Wrong lengths, impossible correlations, unit roots, constant or too short returns."""
    for periods, rho in ((0, []), (3, [0.1]), (3, [0.1, 1.5]), (3, [0.1, math.nan]), (3, [-1.0, -1.0])):
        with pytest.raises(BadInputError):
            annualisation_factor(periods, rho)
    with pytest.raises(BadInputError, match="autocorrelation"):
        annualisation_factor_ar1(12, 1.0)
    for values in (np.full(9, 0.01), np.arange(3.0)):
        with pytest.raises(NotEnoughDataError):
            autocorrelations(values, 3)
