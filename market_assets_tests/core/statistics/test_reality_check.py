"""White's reality check: exact on given resamples, the upper unstudentised SPA, and its known weakness."""

import math

import numpy as np
import pytest

from market_assets.core.errors import BadInputError
from market_assets.core.statistics.reality_check import reality_check
from market_assets.core.statistics.spa import superior_predictive_ability
from market_assets_tests.golden.cases import case


def test_published_case_with_explicit_indices():
    """Statistic and p-value are exact."""
    item = case("reality_check_spa", "explicit_indices_T16_K3_B25")
    i, want = item["inputs"], item["expected"]
    found = reality_check(
        i["loss_differentials_benchmark_minus_model"], mean_block=1 / i["kernel_q"], indices=i["bootstrap_indices"]
    )
    assert found.statistic == pytest.approx(want["unstudentised"]["statistic"], abs=item["tolerance"])
    assert found.pvalue == want["white_reality_check_p"]
    critical = want["unstudentised"]["crit95_linear_percentile"]["upper"]
    assert np.percentile(found.maxima, 95) == pytest.approx(critical, abs=item["tolerance"])


@pytest.mark.parametrize("seed", range(5))
def test_equal_to_the_plain_loop_and_to_the_upper_spa(seed):
    """The definition, one resample at a time; the unstudentised upper p-value is the same number."""
    generator = np.random.default_rng(seed)
    d = generator.normal(0.05, 1.0, (40, 5))
    indices = generator.integers(0, 40, (150, 40))
    statistic = max(math.sqrt(40) * d.mean(axis=0))
    above = sum(max(math.sqrt(40) * (d[row].mean(axis=0) - d.mean(axis=0))) > statistic for row in indices)
    found = reality_check(d, mean_block=4, indices=indices)
    assert found.statistic == pytest.approx(statistic, rel=1e-12)
    assert found.pvalue == above / 150
    assert found.best == int(np.argmax(d.mean(axis=0)))
    assert found.pvalue == superior_predictive_ability(d, mean_block=4, indices=indices, studentise=False).upper


def test_a_volatile_bad_model_drowns_a_good_one():
    """The weakness that SPA removes: p is large here although the first model is clearly good."""
    generator = np.random.default_rng(1)
    d = np.column_stack([generator.normal(0.3, 1.0, 250), generator.normal(-3.0, 30.0, 250)])
    assert reality_check(d, mean_block=1, reps=500, seed=0).pvalue > 0.3
    assert superior_predictive_ability(d, mean_block=1, reps=500, seed=0).consistent < 0.01


def test_level_on_worthless_models():
    """Eight models without skill, 200 draws: about 10 % of the p-values are below .1."""
    generator = np.random.default_rng(3)
    hits = sum(
        reality_check(generator.normal(size=(60, 8)), mean_block=1, reps=200, seed=k).pvalue < 0.1 for k in range(200)
    )
    assert 0.04 <= hits / 200 <= 0.17


def test_seed_decides_and_indices_are_checked():
    """Same seed, same maxima; foreign positions are refused."""
    d = np.random.default_rng(0).normal(size=(30, 3))
    first, again, other = (reality_check(d, mean_block=3, reps=50, seed=s).maxima for s in (1, 1, 2))
    assert (first == again).all()
    assert (first != other).any()
    with pytest.raises(BadInputError, match="bootstrap_indices"):
        reality_check(d, mean_block=3, indices=np.full((5, 30), 30))
