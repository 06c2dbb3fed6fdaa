"""Labels of one panel before and after its later bars change."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from market_assets.core.market.panel import PRICE_COLUMNS


def changed_after(panel, time, rng):
    """The panel with other prices and volumes in every bar after ``time``."""
    later = panel.ts > time
    factor = np.where(later, np.exp(rng.normal(0, 0.1, panel.n_rows)), 1.0)
    prices = {name: getattr(panel, name) * factor for name in PRICE_COLUMNS}
    return replace(panel, **prices, volume=panel.volume * factor)


def moved(label, panel, time, rng):
    """Rows whose label had ended at ``time`` and is another when later bars change; also how many had ended."""
    before, after = label(panel), label(changed_after(panel, time, rng))
    ended = before.defined & (before.t1 <= time)
    same = (before.value == after.value) & (before.t1 == after.t1) & after.defined
    return np.flatnonzero(ended & ~same), int(ended.sum())
