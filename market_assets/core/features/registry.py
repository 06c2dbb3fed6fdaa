"""The registry of feature families: the one list that assets, checks and tests loop over."""

from __future__ import annotations

from collections.abc import Iterable

from market_assets.core.features.alpha158 import ALPHA158
from market_assets.core.features.base import Family
from market_assets.core.features.cross_asset import CROSS_ASSET
from market_assets.core.features.cross_sectional import CROSS_SECTIONAL
from market_assets.core.features.derivatives import DERIVATIVES
from market_assets.core.features.implied_volatility import IMPLIED_VOLATILITY
from market_assets.core.features.microstructure import MICROSTRUCTURE
from market_assets.core.features.order_book import ORDER_BOOK
from market_assets.core.features.regime import REGIME
from market_assets.core.features.sentiment import SENTIMENT
from market_assets.core.features.technical import TECHNICAL
from market_assets.core.features.volatility import VOLATILITY
from market_assets.core.identity import fingerprint

FAMILIES: dict[str, Family] = {
    family.name: family
    for family in (
        *(TECHNICAL, CROSS_SECTIONAL, REGIME, VOLATILITY, MICROSTRUCTURE, ALPHA158, CROSS_ASSET),
        *(DERIVATIVES, IMPLIED_VOLATILITY, SENTIMENT, ORDER_BOOK),
    )
}
"""Every family; those of side series are optional, and without values where a snapshot holds none of their series."""


def proof_needed(used: Iterable[str] = ()) -> tuple[str, ...]:
    """Families that must be proven before anything is trained: all of tier ``core``, and the optional ones in use."""
    wanted = set(used)
    return tuple(name for name, family in FAMILIES.items() if family.tier == "core" or name in wanted)


def schema_version() -> str:
    """Hash over every family's name, version, lookback and feature names, in order (64 hex characters)."""
    return fingerprint(
        families=[
            {"name": family.name, "version": family.version, "lookback": family.lookback, "names": list(family.names)}
            for family in FAMILIES.values()
        ]
    )
