"""In-sample against out-of-sample figures."""

import json
import math

import pytest

from market_assets.core.errors import BadInputError
from market_assets.core.validity.sample_gap import sample_gap


@pytest.mark.parametrize(
    ("inside", "outside", "within"),
    [(1.0, 0.9, True), (1.0, 0.89, False), (1.0, 1.1, True), (1.0, 1.11, False), (3.0, 2.7, True), (1.0, -0.5, False)],
)
def test_ten_percent_on_either_side(inside, outside, within):
    """Exactly 10 % counts as within, also where floating arithmetic says 0.10000000000000009."""
    found = sample_gap("sharpe", inside, outside)
    assert found.within is within
    assert found.ratio == pytest.approx(outside / inside)
    assert found.drop == pytest.approx(1 - outside / inside)
    assert json.loads(json.dumps(found.to_payload())) == found.to_payload()


@pytest.mark.parametrize(("inside", "outside"), [(None, 1.0), (1.0, None), (0.0, 0.0), (-1.0, -1.0)])
def test_no_share_of_nothing(inside, outside):
    """Without a positive in-sample figure there is no ratio, and it is not within."""
    found = sample_gap("sharpe", inside, outside)
    assert (found.ratio, found.drop, found.within) == (None, None, False)


def test_impossible_inputs_are_refused():
    """A tolerance of nothing or everything, and figures that are not finite."""
    for tolerance in (0.0, 1.0, math.nan):
        with pytest.raises(BadInputError, match="gap_tolerance"):
            sample_gap("sharpe", 1.0, 1.0, tolerance)
    for pair in ((math.nan, 1.0), (1.0, math.inf)):
        with pytest.raises(BadInputError, match="gap_figure"):
            sample_gap("sharpe", *pair)
