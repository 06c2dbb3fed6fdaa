"""The Deflated Sharpe Ratio at 1e-9, since several mistakes move it by less than 0.002."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import norm

from market_assets.core.errors import BadInputError
from market_assets.core.statistics import deflated
from market_assets.core.statistics.deflated import deflated_sharpe, expected_max
from market_assets.core.statistics.sharpe import probabilistic_sharpe
from market_assets_tests.golden.cases import case, cases


@pytest.mark.parametrize("item", cases("expected_max_sharpe_fst"))
def test_expected_maximum(item):
    """The False Strategy theorem in the unit of the variance."""
    i, want = item["inputs"], item["expected"]
    found = expected_max(i["N"], i["variance_of_trials"], i["mean_of_trials"])
    assert found == pytest.approx(want.get("sr0", want.get("approx_false_strategy_theorem")), abs=item["tolerance"])


@pytest.mark.parametrize("item", cases("deflated_sharpe_ratio", only="N"))
def test_deflated_sharpe(item):
    """The paper's example: V and SR brought to one period before they go in."""
    i, want, tol = item["inputs"], item["expected"], item["tolerance"]
    year = i["periods_per_year"]
    found = deflated_sharpe(
        i["sr_annual"] / math.sqrt(year),
        i["T"],
        i["skew"],
        i["kurtosis_raw"],
        trials=i["N"],
        variance=i["variance_of_annual_sr_across_trials"] / year,
    )
    assert found.hurdle == pytest.approx(want["sr0_per_period"], abs=tol)
    assert found.probability == pytest.approx(want["dsr"], abs=tol)


def test_the_common_mistakes_give_their_sentinel_values_and_not_ours():
    """Each wrong variant, made on purpose, lands on its sentinel: at 1e-6 none can hide."""
    want = case("deflated_sharpe_ratio", "SENTINELS_wrong_variants")["expected"]
    sr, n, variance = 2.5 / math.sqrt(250), 1250, 0.5 / 250

    def dsr(sr=sr, n=n, skew=-3.0, kurtosis=10.0, variance=variance):
        return deflated_sharpe(sr, n, skew, kurtosis, trials=100, variance=variance).probability

    root = math.sqrt(252)
    made = {
        "correct": dsr(),
        "wrong_skew_sign": dsr(skew=3.0),
        "wrong_sqrtT": dsr(n=n + 1),
        "wrong_252": dsr(sr=2.5 / root, variance=0.5 / 252),
    }
    assert made == pytest.approx({name: want[name] for name in made}, abs=1e-6)
    with pytest.raises(BadInputError, match="possible_moments"):
        dsr(kurtosis=7.0)  # excess passed as raw: impossible beside skew -3
    wrong = [value for name, value in want.items() if name != "correct"]
    assert all(abs(made["correct"] - value) > 5e-5 for value in wrong)


def test_planted_mistakes_fail_the_published_case(monkeypatch):
    """Swapped Euler weights, an annual ratio and excess kurtosis reach their sentinels, outside the tolerance."""
    item, want = case("deflated_sharpe_ratio", "paper_N100"), case("deflated_sharpe_ratio", "SENTINELS_wrong_variants")
    sr, variance = 2.5 / math.sqrt(250), 0.5 / 250
    hurdle = expected_max(100, variance)
    factor = 1 + 3 * sr + (7 - 1) / 4 * sr**2  # what kurtosis 7 would do if it were let through
    made = {
        "wrong_excess_kurtosis": norm.cdf((sr - hurdle) * math.sqrt(1249 / factor)),
        "wrong_annual_units": probabilistic_sharpe(2.5, 1250, -3.0, 10.0, expected_max(100, 0.5)),
    }
    monkeypatch.setattr(deflated, "EULER_MASCHERONI", 1.0 - deflated.EULER_MASCHERONI)
    made["wrong_euler_weights_swapped"] = deflated_sharpe(
        sr, 1250, -3.0, 10.0, trials=100, variance=variance
    ).probability
    assert made == pytest.approx({name: want["expected"][name] for name in made}, abs=want["tolerance"])
    assert all(abs(value - item["expected"]["dsr"]) > 1e-3 for value in made.values())


def test_one_trial_needs_no_deflation():
    """N = 1: the hurdle is the mean of the trials, so DSR = PSR(0)."""
    found = deflated_sharpe(0.1, 500, 0.2, 4.0, trials=1, variance=0.01)
    assert found.hurdle == 0.0
    assert found.probability == probabilistic_sharpe(0.1, 500, 0.2, 4.0)


@given(trials=st.integers(1, 10_000), more=st.integers(1, 1000), variance=st.floats(1e-6, 1.0))
def test_more_trials_never_lower_the_hurdle(trials, more, variance):
    """The hurdle grows with the number of trials and scales with the root of the variance."""
    low, high = expected_max(trials, variance), expected_max(trials + more, variance)
    assert high > low or (trials == 1 and high >= 0)
    assert expected_max(trials, 4 * variance) == pytest.approx(2 * low, rel=1e-12, abs=1e-15)


@pytest.mark.parametrize("trials", [2, 10, 100])
def test_the_approximation_error_is_the_stated_one(trials):
    """Against quadrature of the exact order statistic: -7.9 %, +2.3 %, +0.9 %."""
    exact, _ = quad(lambda z: trials * z * norm.pdf(z) * norm.cdf(z) ** (trials - 1), -10, 10)
    assert expected_max(trials, 1.0) / exact - 1 == pytest.approx({2: -0.079, 10: 0.023, 100: 0.009}[trials], abs=1e-3)


@pytest.mark.parametrize(("trials", "variance"), [(0, 1.0), (1.5, 1.0), (3, -1.0), (3, math.nan), (3, math.inf)])
def test_senseless_trials_are_refused(trials, variance):
    """No hurdle comes from a trial count below one or an undefined variance."""
    with pytest.raises(BadInputError):
        expected_max(trials, variance)
