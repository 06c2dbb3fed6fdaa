"""Market impact against the published table and its own laws."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from market_assets.core.errors import BadInputError
from market_assets.core.execution.impact import ImpactSpec, direct_impact, square_root_impact
from market_assets_tests.golden.cases import case, cases


def _published(inputs, **changes):
    i = {**inputs, **changes}
    return direct_impact(
        i["X_shares"],
        i["adv"],
        i["shares_outstanding"],
        i["sigma_daily_bps"] * 1e-4,
        i["T_days"],
        ImpactSpec(gamma=i["gamma"], eta=i["eta"], beta=i["beta"], delta=i["delta"]),
    )


@pytest.mark.parametrize("item", cases("market_impact_athl2005"))
def test_published_orders(item):
    """Permanent, temporary and realised cost of IBM and DRI, and the whole basis points that the paper prints."""
    found, want = _published(item["inputs"]), item["expected"]
    bps = np.array([found.permanent, found.temporary, found.realised]) * 1e4
    names = ("permanent_bps", "temporary_bps", "realised_cost_bps")
    assert bps == pytest.approx([want[name] for name in names], abs=item["tolerance"])
    assert np.rint(bps).astype(int).tolist() == want["paper_rounded_bps"]


def test_the_defaults_are_those_of_the_paper():
    """The published cases spell out the coefficients that are the defaults here."""
    inputs = case("market_impact_athl2005", "IBM_T0.1")["inputs"]
    names = ("gamma", "eta", "beta", "delta")
    assert ImpactSpec() == ImpactSpec(**{name: inputs[name] for name in names})


def test_the_table_tells_apart_what_is_often_mixed_up():
    """Participation without T, the whole permanent part, or the turnover upside down all miss a published entry."""
    item = case("market_impact_athl2005", "DRI_T0.5")
    found, want = _published(item["inputs"]), item["expected"]["realised_cost_bps"]
    without_days = _published(item["inputs"], T_days=1.0)
    assert abs(without_days.realised * 1e4 - want) > 1.0
    assert abs((found.permanent + found.temporary) * 1e4 - want) > 1.0
    swapped = _published(item["inputs"], delta=0.0)
    assert abs(swapped.realised * 1e4 - want) > 1.0


@given(st.floats(-1e6, 1e6), st.floats(0.05, 1.0), st.floats(0.0, 0.1))
def test_a_sale_mirrors_a_purchase(shares, days, volatility):
    """Price moves change sign with the order, the cost does not and is never negative."""
    buy = direct_impact(shares, 5e6, 1e9, volatility, days)
    sell = direct_impact(-shares, 5e6, 1e9, volatility, days)
    assert buy.permanent == -sell.permanent
    assert buy.temporary == -sell.temporary
    assert buy.realised == sell.realised >= 0.0
    assert square_root_impact(shares, 5e6, volatility) == -square_root_impact(-shares, 5e6, volatility)


def test_arrays_are_orders_one_by_one():
    """A row of orders costs what each costs alone."""
    shares, volume = np.array([1e3, -2e5, 0.0]), np.array([1e6, 2e6, 3e6])
    together = direct_impact(shares, volume, 1e9, 0.02, 0.5).realised
    assert together.tolist() == [
        float(direct_impact(s, v, 1e9, 0.02, 0.5).realised) for s, v in zip(shares, volume, strict=True)
    ]
    assert together[2] == 0.0


@pytest.mark.parametrize("item", cases("market_impact_square_root"))
def test_square_root_law(item):
    """One percent of the volume at 2 % volatility moves the price by 20 basis points; no order, no move."""
    i, want, tol = item["inputs"], item["expected"], item["tolerance"]
    found = square_root_impact(i["Q"], i["V"], i["sigma_daily"], i["Y"])
    assert found == pytest.approx(want["impact_fraction"], abs=tol)
    assert found * 1e4 == pytest.approx(want["impact_bps"], abs=tol)


@pytest.mark.parametrize(("position", "value"), [(0, np.nan), (1, 0.0), (2, -1.0), (3, -0.01), (3, np.inf), (4, 0.0)])
def test_impossible_orders_are_refused(position, value):
    """No volume, no shares, no time, negative volatility or a missing value is bad input, not a cost of zero."""
    good = [1e3, 1e6, 1e9, 0.02, 0.5]
    with pytest.raises(BadInputError, match="impact_inputs"):
        direct_impact(*[value if n == position else a for n, a in enumerate(good)])


def test_impossible_coefficients_are_refused():
    """Negative or infinite coefficients, in the spec and in the law."""
    with pytest.raises(ValidationError):
        ImpactSpec(gamma=-0.1)
    with pytest.raises(BadInputError, match="coefficient"):
        square_root_impact(1.0, 1.0, 0.1, -1.0)
    with pytest.raises(BadInputError, match="impact_inputs"):
        square_root_impact(1.0, 0.0, 0.1)
