"""Portfolio and cost records refuse what makes no sense."""

import pytest
from pydantic import TypeAdapter, ValidationError

from market_assets.core.execution.spec import CostSpec, PortfolioSpec


def test_defaults_are_the_cost_curve_of_the_product():
    """1 / 5 bp fees and 5 / 15 / 35 bp slippage below 1K, to 10K, above."""
    costs = CostSpec()
    assert (costs.maker_bp, costs.taker_bp) == (1.0, 5.0)
    assert costs.slippage == ((1000.0, 5.0), (10000.0, 15.0), (None, 35.0))
    assert costs.fee_rate == pytest.approx(5e-4)
    assert CostSpec(maker_share=0.25).fee_rate == pytest.approx(4e-4)


def test_lists_of_an_experiment_file_are_read():
    """YAML gives lists and null; they become the same record."""
    read = TypeAdapter(CostSpec).validate_python({"slippage": [[1000, 5], [10000, 15], [None, 35]]})
    assert read == CostSpec()


@pytest.mark.parametrize(
    "slippage",
    [
        (),
        ((1000.0, 5.0),),
        ((1000.0, 5.0), (500.0, 6.0), (None, 7.0)),
        ((1000.0, 5.0), (None, 4.0)),
        ((0.0, 5.0), (None, 6.0)),
        ((1000.0, -5.0), (None, 6.0)),
    ],
)
def test_slippage_tiers_must_ascend_and_end_open(slippage):
    """A falling rate would make a larger order cheaper."""
    with pytest.raises(ValidationError):
        CostSpec(slippage=slippage)


@pytest.mark.parametrize(
    "bad", [{"gross": 0}, {"cap": -0.1}, {"smoothing": 0}, {"mode": "both"}, {"capital": float("nan")}, {"typo": 1}]
)
def test_senseless_portfolios_are_refused(bad):
    """Out of bounds, not finite or unknown: refused."""
    with pytest.raises(ValidationError):
        PortfolioSpec(**bad)
