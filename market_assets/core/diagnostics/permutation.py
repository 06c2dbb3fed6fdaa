"""Permutation importance (Breiman 2001): how much worse a model scores on test rows when one feature is shuffled."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from market_assets.core.market.panel import Floats

Score = Callable[[NDArray[np.float32]], Floats]
"""Features (n, d) -> P(up) (n,)."""


def permutation_importance(
    score: Score, x: NDArray[np.float32], y: NDArray[np.int8], columns: Sequence[int], seed: Sequence[int]
) -> Floats:
    """Increase of the Brier score when each of ``columns`` is shuffled over the rows, shape (len(columns),).

    Parameters
    ----------
    score : called once, with all shuffled copies under each other. x, y : (n, d), (n,) test rows.
    seed : with the column it gives the shuffle, so that it does not depend on which others are asked.
    """
    blocks = [x]
    for column in columns:
        shuffled = x.copy()
        shuffled[:, column] = np.random.default_rng([*seed, column]).permutation(x[:, column])
        blocks.append(shuffled)
    error = np.square(score(np.concatenate(blocks)).reshape(len(blocks), len(x)) - y).mean(axis=1)
    return error[1:] - error[0]
