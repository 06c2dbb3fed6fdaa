"""The technical family: 75 classic features (C1) and the 15 of the institutional set (C2)."""

from __future__ import annotations

from market_assets.core.features.fused.family import fused_family
from market_assets.core.features.institutional import INSTITUTIONAL
from market_assets.core.features.momentum import MOMENTUM
from market_assets.core.features.pattern import PATTERN
from market_assets.core.features.statistical import STATISTICAL
from market_assets.core.features.trend import TREND
from market_assets.core.features.volatility_bars import VOLATILITY_BARS
from market_assets.core.features.volume import VOLUME

TECHNICAL = fused_family(
    "technical",
    version="2",
    groups=(TREND, MOMENTUM, VOLATILITY_BARS, VOLUME, PATTERN, STATISTICAL, INSTITUTIONAL),
)
