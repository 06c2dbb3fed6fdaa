"""The derivatives family (C7): funding of perpetual swaps, open interest and the basis, as last known at the close."""

from __future__ import annotations

from market_assets.core.features.bars import Bars
from market_assets.core.features.declaration import Feature
from market_assets.core.features.elementwise import log_return, shift
from market_assets.core.features.rolling import rolling_mean
from market_assets.core.features.side_family import Series, side_family, zscore
from market_assets.core.market.panel import Floats

LIMITS = {"funding_rate": 2.0, "open_interest": 2.0, "basis": 2.0}
"""Days; funding is settled every 8 hours or more often. ``basis`` is the swap's price / the spot price - 1."""

FUNDING, INTEREST, BASIS = ("side:funding_rate",), ("side:open_interest",), ("side:basis",)
SWAPS = "own, after He, Manela, Ross & von Wachter 2022"
FEATURES = {
    "funding_rate": Feature("newest funding rate per settlement", SWAPS, FUNDING, 0),
    "funding_change_1": Feature("funding rate - the same one bar ago", SWAPS, FUNDING, 1),
    "funding_mean_20": Feature("SMA(20) of the funding rate", SWAPS, FUNDING, 19),
    "funding_zscore_60": Feature("(funding rate - SMA(60)) / standard deviation(60)", SWAPS, FUNDING, 59),
    **{
        f"open_interest_change_{w}": Feature(
            f"ln(open interest / the same {w} bars ago)", "own, after Hong & Yogo 2012", INTEREST, w
        )
        for w in (5, 20)
    },
    "basis": Feature("newest price of the swap / spot price - 1", SWAPS, BASIS, 0),
    "basis_change_5": Feature("basis - the same 5 bars ago", SWAPS, BASIS, 5),
}


def compute(bars: Bars, series: Series) -> dict[str, Floats]:  # noqa: ARG001 - one signature for all
    """The derivatives features of one symbol."""
    funding, interest, basis = (series[name] for name in LIMITS)
    return {
        "funding_rate": funding,
        "funding_change_1": funding - shift(funding, 1),
        "funding_mean_20": rolling_mean(funding, 20),
        "funding_zscore_60": zscore(funding, 60),
        **{f"open_interest_change_{w}": log_return(interest, w) for w in (5, 20)},
        "basis": basis,
        "basis_change_5": basis - shift(basis, 5),
    }


DERIVATIVES = side_family("derivatives", "1", FEATURES, LIMITS, compute)
