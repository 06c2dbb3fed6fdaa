"""SPA and reality check with explicit resamples, against arch and against a plain loop."""

import math

import numpy as np
import pytest
from arch.bootstrap import SPA
from arch.bootstrap.base import StationaryBootstrap

from market_assets.core.errors import BadInputError, NotEnoughDataError
from market_assets.core.statistics.spa import long_run_variance, superior_predictive_ability
from market_assets_tests.golden.cases import case


def plain_spa(d, indices, q, studentise):
    """Hansen 2005 with loops: returns statistic, omega squared and the three p-values."""
    n, k = d.shape
    mean = d.mean(axis=0)
    omega2 = np.zeros(k)
    for column in range(k):
        e = d[:, column] - mean[column]
        omega2[column] = e @ e / n
        for lag in range(1, n):
            kappa = (n - lag) / n * (1 - q) ** lag + lag / n * (1 - q) ** (n - lag)
            omega2[column] += 2 * kappa * (e[lag:] @ e[:-lag]) / n
    scale = np.sqrt(omega2) if studentise else np.ones(k)
    statistic = max(math.sqrt(n) * mean / scale)
    threshold = -np.sqrt(omega2 / n * 2 * math.log(math.log(n)))
    centres = [np.maximum(mean, 0), mean * (mean >= threshold), mean]
    if studentise:
        statistic = max(0.0, statistic)
    pvalues = []
    for centre in centres:
        above = 0
        for row in indices:
            top = max(math.sqrt(n) * (d[row].mean(axis=0) - centre) / scale)
            above += (max(top, 0.0) if studentise else top) > statistic
        pvalues.append(above / len(indices))
    return statistic, omega2, pvalues


@pytest.mark.parametrize(
    ("kind", "studentise"), [("unstudentised", False), ("studentised_hansen_truncated_at_0", True)]
)
def test_published_case_with_explicit_indices(kind, studentise):
    """Statistic, omega squared, threshold, p-values and critical values are exact for given resamples."""
    item = case("reality_check_spa", "explicit_indices_T16_K3_B25")
    i, want, tol = item["inputs"], item["expected"][kind], item["tolerance"]
    found = superior_predictive_ability(
        i["loss_differentials_benchmark_minus_model"],
        mean_block=1 / i["kernel_q"],
        indices=i["bootstrap_indices"],
        studentise=studentise,
    )
    assert found.statistic == pytest.approx(want["statistic"], abs=tol)
    assert found.omega**2 == pytest.approx(np.array(want["omega2"]), abs=tol)
    assert found.threshold == pytest.approx(np.array(want["threshold"]), abs=tol)
    assert found.mean == pytest.approx(np.array(want["mean_diff"]), abs=tol)
    for row, name in enumerate(("lower", "consistent", "upper")):
        assert getattr(found, name) == want["pvalues"][name]
        assert np.percentile(found.maxima[row], 95) == pytest.approx(want["crit95_linear_percentile"][name], abs=tol)


@pytest.mark.parametrize("case_id", ["mc_null", "mc_one_good_many_bad"])
@pytest.mark.parametrize(
    ("kind", "suffix", "studentise"),
    [("arch_unstudentised", "unstudentised", False), ("studentised_truncated", "studentised", True)],
)
def test_published_monte_carlo_cases(case_id, kind, suffix, studentise):
    """Statistics are exact, p-values within Monte Carlo error; an unstudentised test misses the good model."""
    item = case("reality_check_spa", case_id)
    i, want, tol = item["inputs"], item["expected"], item["tolerance"]
    t, k = np.arange(1, i["T"] + 1)[:, None], np.arange(1, i["K"] + 1)[None, :]
    x = np.sin(0.413 * t * k) + 0.5 * np.cos(0.31 * t**2 + k)
    d = x - x.mean(axis=0) + np.array(i["mu"])
    found = superior_predictive_ability(d, mean_block=i["mean_block"], reps=i["reps"], seed=7, studentise=studentise)
    assert found.statistic == pytest.approx(want[f"statistic_{suffix}"], abs=tol["statistic"])
    for name in ("lower", "consistent", "upper"):
        assert getattr(found, name) == pytest.approx(want[kind][name], abs=tol["pvalues"])


@pytest.mark.parametrize("studentise", [False, True])
def test_equal_to_the_plain_loop(studentise):
    """The FFT variance and the matrix product change nothing."""
    generator = np.random.default_rng(5)
    d = generator.normal(0, [0.5, 1.0, 3.0], (47, 3)) + np.array([0.1, 0.2, -0.9])
    indices = generator.integers(0, 47, (80, 47))
    statistic, omega2, pvalues = plain_spa(d, indices, 0.2, studentise)
    found = superior_predictive_ability(d, mean_block=5, indices=indices, studentise=studentise)
    assert found.statistic == pytest.approx(statistic, rel=1e-12)
    assert found.omega**2 == pytest.approx(omega2, rel=1e-10)
    assert [found.lower, found.consistent, found.upper] == pvalues


def test_unstudentised_equals_arch_on_the_same_resamples():
    """arch 8 divides by nothing whatever ``studentize`` says; on its own resamples we give its p-values."""
    generator = np.random.default_rng(8)
    d = generator.normal(0.02, 1.0, (60, 4))
    bootstrap = StationaryBootstrap(6, np.arange(60), seed=3)
    indices = np.array([data[0][0] for data in bootstrap.bootstrap(200)])
    test = SPA(np.zeros(60), -d, block_size=6, reps=200, bootstrap="stationary", studentize=True, seed=3)
    test.compute()
    found = superior_predictive_ability(d, mean_block=6, indices=indices, studentise=False)
    assert [found.lower, found.consistent, found.upper] == [test.pvalues[n] for n in ("lower", "consistent", "upper")]


def test_p_values_are_ordered_and_repeatable():
    """lower <= consistent <= upper on every draw, and the seed decides everything."""
    generator = np.random.default_rng(9)
    for seed in range(20):
        d = generator.normal(0, 1, (100, 6)) + generator.normal(0, 0.2, 6)
        first = superior_predictive_ability(d, mean_block=5, reps=200, seed=seed)
        second = superior_predictive_ability(d, mean_block=5, reps=200, seed=seed)
        assert 0 <= first.lower <= first.consistent <= first.upper <= 1
        assert (first.maxima == second.maxima).all()


def test_long_run_variance_of_independent_draws_is_the_variance():
    """With mean block 1 the kernel keeps lag 0 only."""
    values = np.random.default_rng(0).normal(size=(40, 3))
    assert long_run_variance(values, 1.0) == pytest.approx(values.var(axis=0), rel=1e-10)


def test_a_model_equal_to_the_benchmark_is_no_evidence():
    """An idle model has statistic 0; a model better by a constant has no studentised statistic."""
    d = np.random.default_rng(0).normal(-1, 1, (50, 2))
    d[:, 1] = 0.0
    found = superior_predictive_ability(d, mean_block=5, reps=100)
    assert found.statistic == 0.0
    assert found.best == 1
    d[:, 1] = 0.01
    with pytest.raises(NotEnoughDataError, match="constant"):
        superior_predictive_ability(d, mean_block=5, reps=100)


def test_indices_that_do_not_fit_are_refused():
    """Resamples must be positions 0..T-1 and T long."""
    d = np.random.default_rng(0).normal(size=(10, 2))
    for indices in (np.full((3, 10), 10), np.zeros((3, 9), int), np.full((3, 10), -1)):
        with pytest.raises(BadInputError, match="bootstrap_indices"):
            superior_predictive_ability(d, mean_block=5, indices=indices)


def test_chunks_do_not_show():
    """More resamples than one chunk give the first resamples' maxima unchanged."""
    d = np.random.default_rng(0).normal(size=(20, 2))
    indices = np.random.default_rng(1).integers(0, 20, (2100, 20))
    whole = superior_predictive_ability(d, mean_block=5, indices=indices).maxima
    part = superior_predictive_ability(d, mean_block=5, indices=indices[1990:2010]).maxima
    assert whole[:, 1990:2010] == pytest.approx(part, rel=1e-12)
