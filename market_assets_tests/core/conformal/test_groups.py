"""Group-conditional conformal quantiles."""

import math

import numpy as np
import pytest

from market_assets.core.conformal.groups import group_quantiles, quantile_of
from market_assets.core.conformal.split import conformal_quantile
from market_assets.core.errors import BadInputError


def test_each_group_has_the_quantile_of_its_own_scores():
    """The same as calling the plain quantile group by group; a small group is infinite."""
    generator = np.random.default_rng(0)
    scores, codes = generator.random(300), generator.integers(-1, 3, 300)
    codes[:3], codes[3:] = 7, np.where(codes[3:] == 7, 0, codes[3:])
    found = group_quantiles(scores, codes, 0.1)
    assert found[7] == math.inf
    for code in (-1, 0, 1, 2):
        assert found[code] == conformal_quantile(scores[codes == code], 0.1)


def test_rows_get_the_quantile_of_their_group():
    """A group without calibration has an infinite quantile."""
    assert quantile_of({0: 0.2, 3: 0.7}, [3, 0, 5, 3]).tolist() == [0.7, 0.2, math.inf, 0.7]


def test_coverage_holds_within_each_group():
    """Where one group is noisier, one quantile covers neither; group quantiles cover both at 90 %."""
    generator = np.random.default_rng(1)
    codes = np.tile([0, 1], 20_000)
    scores = np.abs(generator.normal(size=40_000)) * np.where(codes, 3.0, 1.0)
    past, new = slice(0, 20_000), slice(20_000, None)
    single = conformal_quantile(scores[past], 0.1)
    own = quantile_of(group_quantiles(scores[past], codes[past], 0.1), codes[new])
    for code in (0, 1):
        here = codes[new] == code
        assert abs(np.mean(scores[new][here] <= single) - 0.9) > 0.05
        assert np.mean((scores[new] <= own)[here]) == pytest.approx(0.9, abs=0.015)


def test_unequal_lengths_are_refused():
    """Every score needs its group."""
    with pytest.raises(BadInputError, match="conformal_groups"):
        group_quantiles([0.1, 0.2], [0], 0.1)
