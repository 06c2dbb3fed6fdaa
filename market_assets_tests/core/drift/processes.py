"""Dependent samples: features of several names that remember, and share a market."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

SESSIONS, CURRENT, NAMES = 540, 45, 4


def remembering(
    rng: np.random.Generator, features: int, memory: float
) -> tuple[dict[str, NDArray[np.float64]], NDArray[np.int64]]:
    """AR(1) features with half of their variance common to all names, rows by session; names f0, f1, ..."""
    shape = (SESSIONS, features, NAMES)
    noise = np.sqrt(0.5) * (rng.standard_normal((SESSIONS, features, 1)) + rng.standard_normal(shape))
    values = np.empty(shape)
    values[0] = noise[0]
    for session in range(1, SESSIONS):
        values[session] = memory * values[session - 1] + np.sqrt(1.0 - memory**2) * noise[session]
    columns = {f"f{k}": values[:, k].ravel() for k in range(features)}
    return columns, np.repeat(np.arange(SESSIONS), NAMES)
