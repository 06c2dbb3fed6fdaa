"""Effective numbers of trials against published values, and the range they must lie in."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_assets.core.errors import BadInputError, NotEnoughDataError
from market_assets.core.statistics.effective_trials import (
    average_correlation_trials,
    effective_rank,
    galwey_trials,
    li_ji_trials,
    mean_correlation,
    participation_ratio,
    trial_correlation,
)
from market_assets_tests.golden.cases import case, cases

SPECTRAL = (effective_rank, participation_ratio, li_ji_trials, galwey_trials)


@pytest.mark.parametrize("item", cases("effective_trials_avg_corr"))
def test_published_average_correlation(item):
    """Linear between M and 1."""
    i = item["inputs"]
    found = average_correlation_trials(i["M"], i["mean_offdiag_corr"])
    assert found == pytest.approx(item["expected"]["n_eff"], abs=item["tolerance"])


def test_nothing_is_rounded_up():
    """50.5 is not 51, and 100 uncorrelated trials are not 101."""
    assert average_correlation_trials(100, 0.5) == 50.5
    assert average_correlation_trials(100, 0.0) == 100.0


@pytest.mark.parametrize("item", cases("effective_trials_correlation_matrix"))
def test_published_matrix(item):
    """Two blocks of three: every estimate."""
    matrix, want, tol = np.array(item["inputs"]["correlation"]), item["expected"], item["tolerance"]
    assert np.linalg.eigvalsh(matrix) == pytest.approx(np.array(want["eigenvalues"]), abs=tol)
    found = {
        "effective_rank_exp_entropy": effective_rank(matrix),
        "participation_ratio": participation_ratio(matrix),
        "mean_offdiag_corr": mean_correlation(matrix),
        "avg_corr_n_eff": average_correlation_trials(len(matrix), mean_correlation(matrix)),
        "li_ji_2005": li_ji_trials(matrix),
        "galwey_2009": galwey_trials(matrix),
    }
    assert found == pytest.approx({name: want[name] for name in found}, abs=tol)


@given(st.integers(1, 12), st.integers(2, 30), st.integers(0, 10_000))
def test_between_one_and_the_number_of_trials(m, n, seed):
    """Also when there are more trials than periods, which makes the matrix singular."""
    generator = np.random.default_rng(seed)
    returns = generator.normal(size=(n, m)) + 2 * generator.random() * generator.normal(size=(n, 1))
    matrix = trial_correlation(returns)
    rank = min(m, n - 1)
    for estimate in SPECTRAL:
        assert 1 - 1e-6 <= estimate(matrix) <= m + 1e-6
    assert participation_ratio(matrix) <= effective_rank(matrix) + 1e-6 <= rank + 1e-3
    assert 1 <= average_correlation_trials(m, mean_correlation(matrix)) <= m


def test_the_two_ends():
    """Uncorrelated trials count M, copies of one count one, a copy more changes the spectral counts little."""
    copies = np.ones((5, 5))
    for estimate in SPECTRAL:
        assert estimate(np.eye(5)) == pytest.approx(5, abs=1e-9)
        assert estimate(copies) == pytest.approx(1, abs=1e-5)
    two_of_three = np.array([[1.0, 1.0, 0.0], [1.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    assert participation_ratio(two_of_three) == pytest.approx(9 / 5, abs=1e-12)


def test_eigenvalues_not_divided_by_their_sum_would_be_noticed():
    """The entropy of raw eigenvalues is far from that of their shares on the published matrix."""
    item = case("effective_trials_correlation_matrix", "two_blocks_of_3_rho0.8")
    values = np.array(item["expected"]["eigenvalues"])
    wrong = np.exp(-np.sum(values * np.log(values)))
    assert abs(wrong - effective_rank(item["inputs"]["correlation"])) > 1


def test_correlation_of_returns_is_the_usual_one():
    """Equal to numpy, exact on the diagonal, and a flat trial is a gap that names it."""
    returns = np.random.default_rng(0).normal(size=(50, 4)) * [1, 1e-6, 1e3, 1]
    matrix = trial_correlation(returns)
    assert matrix == pytest.approx(np.corrcoef(returns.T), abs=1e-12)
    assert (np.diag(matrix) == 1).all()
    returns[:, 2] = 0.01
    with pytest.raises(NotEnoughDataError, match="trial 2"):
        trial_correlation(returns)


@pytest.mark.parametrize(
    "matrix",
    [
        [[1.0, 0.2]],
        [[1.0, 0.2], [0.3, 1.0]],
        [[2.0, 0.0], [0.0, 1.0]],
        [[1.0, 1.5], [1.5, 1.0]],
        [[1.0, np.nan], [np.nan, 1.0]],
        [[1.0, 0.9, -0.9], [0.9, 1.0, 0.9], [-0.9, 0.9, 1.0]],
    ],
)
def test_what_is_no_correlation_matrix_is_refused(matrix):
    """Not square, not symmetric, not unit, out of range, missing, not positive semi-definite."""
    with pytest.raises(BadInputError):
        effective_rank(matrix)


def test_senseless_counts_are_refused():
    """No trials, or a correlation beyond one; a negative average never counts more than M."""
    for m, rho in ((0, 0.0), (2.5, 0.0), (5, 1.1), (5, np.nan)):
        with pytest.raises(BadInputError):
            average_correlation_trials(m, rho)
    assert average_correlation_trials(4, -0.2) == 4.0
