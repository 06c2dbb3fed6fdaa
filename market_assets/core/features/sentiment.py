"""The sentiment family (C7): short volume, trades of insiders and a sentiment score, as last known at the close."""

from __future__ import annotations

from market_assets.core.features.bars import Bars
from market_assets.core.features.declaration import Feature
from market_assets.core.features.elementwise import shift
from market_assets.core.features.side_family import Series, side_family, zscore
from market_assets.core.market.panel import Floats

LIMITS = {"short_volume_ratio": 5.0, "insider_net_buys": 90.0, "sentiment": 7.0}
"""Days. ``insider_net_buys`` is (bought - sold) / (bought + sold) shares of a filing, known on its filing date."""

SHORT, INSIDER, SCORE = ("side:short_volume_ratio",), ("side:insider_net_buys",), ("side:sentiment",)
BOEHMER, TETLOCK = "own, after Boehmer, Jones & Zhang 2008", "own, after Tetlock 2007"
FEATURES = {
    "short_volume_ratio": Feature("newest short volume / reported volume", BOEHMER, SHORT, 0),
    "short_volume_change_5": Feature("short volume ratio - the same 5 bars ago", BOEHMER, SHORT, 5),
    "short_volume_zscore_20": Feature("(short volume ratio - SMA(20)) / standard deviation(20)", BOEHMER, SHORT, 19),
    "insider_net_buys": Feature(
        "(bought - sold) / (bought + sold) shares of the newest insider filing",
        "own, after Lakonishok & Lee 2001",
        INSIDER,
        0,
    ),
    "sentiment_level": Feature("newest sentiment score", TETLOCK, SCORE, 0),
    "sentiment_change_5": Feature("sentiment score - the same 5 bars ago", TETLOCK, SCORE, 5),
}


def compute(bars: Bars, series: Series) -> dict[str, Floats]:  # noqa: ARG001 - one signature for all
    """The sentiment features of one symbol."""
    short, insider, score = (series[name] for name in LIMITS)
    return {
        "short_volume_ratio": short,
        "short_volume_change_5": short - shift(short, 5),
        "short_volume_zscore_20": zscore(short, 20),
        "insider_net_buys": insider,
        "sentiment_level": score,
        "sentiment_change_5": score - shift(score, 5),
    }


SENTIMENT = side_family("sentiment", "1", FEATURES, LIMITS, compute)
