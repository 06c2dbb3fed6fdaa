"""A small sample for the detectors of fits and folds."""

from __future__ import annotations

import numpy as np

from market_assets.core.leakage.sample import Sample


def sample(sessions: int = 60, codes: int = 2, seed: int = 0) -> Sample:
    """Overlapping labels of one to five sessions, a weak signal in the first column."""
    rng = np.random.Generator(np.random.PCG64(seed))
    t0 = np.repeat(np.arange(sessions, dtype=np.int64), codes)
    n = t0.size
    x = rng.standard_normal((n, 3))
    return Sample(
        x=x,
        y=(x[:, 0] + rng.standard_normal(n) > 0).astype(np.float64),
        weight=rng.uniform(0.5, 1.5, n),
        code=np.tile(np.arange(codes, dtype=np.int64), sessions),
        group=np.arange(n, dtype=np.int64),
        t0=t0,
        t1=t0 + rng.integers(1, 6, n),
    )
