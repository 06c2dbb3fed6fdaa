"""Synthetic side series for markets that have none: every series that a registered family reads."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from market_assets.core.features.registry import FAMILIES
from market_assets.core.features.side_family import side_series
from market_assets.core.market.panel import Panel
from market_assets.core.market.side import EVERYONE, SideTable

HOUR = np.timedelta64(1, "h")
REVISED = 0.2  # share of the figures that are revised three days later


def with_side(panel: Panel, seed: int) -> Panel:
    """The panel with a market-wide figure of every series two hours before each close, known an hour later."""
    sessions, _ = panel.sessions()
    rng = np.random.Generator(np.random.PCG64(seed))
    table: SideTable | None = None
    for name in sorted({one for family in FAMILIES.values() for one in side_series(family)}):
        value = 20.0 * np.exp(np.cumsum(0.015 * rng.standard_normal(sessions.size)))
        again = rng.random(sessions.size) < REVISED
        ts = np.concatenate([sessions, sessions[again]]) - 2 * HOUR
        delay = np.concatenate([np.full(sessions.size, HOUR), np.full(int(again.sum()), 72 * HOUR)])
        part = SideTable(
            series=np.full(ts.size, name),
            symbol=np.full(ts.size, EVERYONE),
            ts=ts,
            known_at=ts + delay,
            value=np.concatenate([value, 1.1 * value[again]]),
        )
        table = part if table is None else table.joined(part)
    return replace(panel, side=table)
