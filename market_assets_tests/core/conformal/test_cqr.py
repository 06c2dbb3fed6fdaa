"""Conformalized quantile regression."""

import numpy as np
import pytest

from market_assets.core.conformal.cqr import cqr_interval, cqr_scores
from market_assets.core.conformal.split import conformal_quantile, conformal_rank
from market_assets.core.errors import BadInputError
from market_assets_tests.golden.cases import cases


@pytest.mark.parametrize("item", cases("cqr"))
def test_published_scores_and_intervals(item):
    """Scores, rank, quantile (also a negative one) and interval of the worked example."""
    given, expected, tolerance = item["inputs"], item["expected"], item["tolerance"]
    scores = cqr_scores(given["lo"], given["hi"], given["y"])
    assert scores == pytest.approx(expected["scores"], abs=tolerance)
    assert conformal_rank(len(scores), given["alpha"]) == expected["k"]
    q = conformal_quantile(scores, given["alpha"])
    assert q == pytest.approx(expected["q"], abs=tolerance)
    low, high = cqr_interval([given["test_lo"]], [given["test_hi"]], q)
    assert [low[0], high[0]] == pytest.approx(expected["interval"], abs=tolerance)


def test_quantiles_too_narrow_or_wide_are_repaired():
    """Heteroscedastic outcomes with quantiles scaled wrongly are covered at 90 % all the same."""
    generator = np.random.default_rng(0)
    spread = generator.uniform(0.5, 2.0, 20_000)
    y = generator.normal(size=20_000) * spread
    for factor in (0.5, 3.0):
        low, high = -factor * spread, factor * spread
        q = conformal_quantile(cqr_scores(low[:10_000], high[:10_000], y[:10_000]), 0.1)
        assert (q < 0) == (factor == 3.0)
        below, above = cqr_interval(low[10_000:], high[10_000:], q)
        assert np.mean((below <= y[10_000:]) & (y[10_000:] <= above)) == pytest.approx(0.9, abs=0.015)


def test_crossed_quantiles_are_refused():
    """A low quantile above the high one, or other lengths, are refused."""
    for low, high, y in (([2.0], [1.0], [1.5]), ([0.0], [1.0], [0.5, 0.6])):
        with pytest.raises(BadInputError, match="quantile_pair"):
            cqr_scores(low, high, y)
