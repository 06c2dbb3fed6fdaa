"""The exact conformal quantile against published values, its plain definition, and the common wrong recipe."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from market_assets.core.conformal.split import (
    absolute_interval,
    absolute_scores,
    as_level,
    conformal_quantile,
    conformal_rank,
)
from market_assets.core.errors import BadInputError
from market_assets_tests.golden.cases import case, cases


def higher_recipe(scores, alpha):
    """The planted mistake: numpy's "higher" quantile at ceil((n + 1)(1 - alpha)) / n."""
    n = len(scores)
    return float(np.quantile(scores, min(1.0, math.ceil((n + 1) * (1 - alpha)) / n), method="higher"))


@pytest.mark.parametrize("item", cases("split_conformal_quantile", only="scores"))
def test_published_quantiles(item):
    """Rank and quantile are those published; the recipe agrees only where the case says so."""
    scores, alpha, expected = item["inputs"]["scores"], item["inputs"]["alpha"], item["expected"]
    assert conformal_rank(len(scores), alpha) == expected["k_1based"]
    assert conformal_quantile(scores, alpha) == pytest.approx(expected["quantile"], abs=item["tolerance"])
    wrong = higher_recipe(scores, alpha)
    assert wrong == pytest.approx(expected["np_quantile_higher_recipe"], abs=item["tolerance"])
    assert (wrong == conformal_quantile(scores, alpha)) is expected["recipe_agrees"]


@pytest.mark.parametrize("item", cases("split_conformal_quantile", only="n"))
def test_published_ranks(item):
    """Ranks of the index cases are exact."""
    assert conformal_rank(item["inputs"]["n"], item["inputs"]["alpha"]) == item["expected"]["k_1based"]


def test_ranks_are_free_of_binary_rounding():
    """For alpha in hundredths the rank is that of whole numbers; floating arithmetic gets some wrong."""
    wrong = 0
    for n in range(1, 120):
        for hundredths in range(1, 100):
            exact = -(-(n + 1) * (100 - hundredths) // 100)
            assert conformal_rank(n, hundredths / 100) == exact
            wrong += math.ceil((n + 1) * (1 - hundredths / 100)) != exact
    assert wrong > 0


@settings(max_examples=80, deadline=None)
@given(st.lists(st.floats(-10, 10), max_size=30), st.fractions(Fraction(1, 100), Fraction(99, 100)))
def test_quantile_is_the_smallest_that_covers_enough(scores, alpha):
    """Plain definition: the smallest score that at least (n + 1)(1 - alpha) scores do not exceed, or infinity."""
    enough = [s for s in scores if sum(other <= s for other in scores) >= (len(scores) + 1) * (1 - alpha)]
    assert conformal_quantile(scores, alpha) == min(enough, default=math.inf)


def test_too_few_scores_give_an_infinite_quantile():
    """Eight scores cannot give 90 %; clipping to the maximum would promise what does not hold."""
    scores = np.arange(8.0)
    assert conformal_quantile(scores, 0.1) == math.inf
    assert higher_recipe(scores, 0.1) == 7.0
    assert conformal_quantile(np.arange(9.0), 0.1) == 8.0
    assert conformal_quantile([], 0.5) == math.inf


def test_coverage_lies_in_the_promised_band():
    """Over 20,000 draws of 19 + 1 scores the coverage is 0.90; the recipe's is 0.95, outside of the band it claims."""
    draws = np.random.default_rng(0).random((20_000, 20))
    ranked = np.sort(draws[:, :19], axis=1)
    covered = draws[:, 19] <= ranked[:, conformal_rank(19, 0.1) - 1]
    assert covered.mean() == pytest.approx(0.9, abs=0.01)
    assert np.mean(draws[:, 19] <= ranked[:, 18]) == pytest.approx(0.95, abs=0.01)
    item = case("split_conformal_quantile", "n19_alpha0.1")["expected"]
    assert item["exact_marginal_coverage_continuous"] == 0.9


def test_regression_interval_holds_exactly_the_small_scores():
    """An outcome lies in its interval if and only if its score does not exceed the quantile."""
    generator = np.random.default_rng(1)
    prediction, outcome = generator.normal(size=(2, 200))
    low, high = absolute_interval(prediction, 0.75)
    assert np.array_equal((low <= outcome) & (outcome <= high), absolute_scores(prediction, outcome) <= 0.75)


def test_levels_are_what_their_digits_say():
    """0.1 is a tenth, numpy floats too; fractions pass through."""
    assert as_level(0.1) == as_level(np.float64(0.1)) == Fraction(1, 10)
    assert as_level(Fraction(1, 3)) == Fraction(1, 3)


@pytest.mark.parametrize("alpha", [0.0, 1.0, -0.1, 2.0, math.nan, math.inf])
def test_impossible_levels_are_refused(alpha):
    """A miscoverage of 0, 1 or beyond is none."""
    with pytest.raises(BadInputError, match="miscoverage_range"):
        conformal_rank(10, alpha)


def test_scores_that_are_none_are_refused():
    """NaN and matrices are no scores."""
    for scores in ([0.1, math.nan], [[0.1]]):
        with pytest.raises(BadInputError, match="conformal_scores"):
            conformal_quantile(scores, 0.1)
