"""Permutation importance (Breiman 2001): how much worse a model scores on test rows when one feature is shuffled."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from market_assets.core.market.panel import Floats

Score = Callable[[NDArray[np.float32]], Floats]
"""Features (n, d) -> P(up) (n,)."""


def permutation_importance(
    score: Score,
    x: NDArray[np.float32],
    y: NDArray[np.int8],
    groups: Mapping[int, NDArray[np.int64]],
    seed: Sequence[int],
) -> Floats:
    """Increase of the Brier score when the columns of each group are shuffled over the rows, shape (len(groups),).

    Parameters
    ----------
    score : called once, with all shuffled copies under each other. x, y : (n, d), (n,) test rows.
    groups : columns by a number of the group; those of one group keep together, row by row.
    seed : with the number it gives the shuffle, so that it does not depend on which others are asked.
    """
    blocks = [x]
    for number, columns in groups.items():
        shuffled, order = x.copy(), np.random.default_rng([*seed, number]).permutation(len(x))
        shuffled[:, columns] = x[np.ix_(order, columns)]
        blocks.append(shuffled)
    error = np.square(score(np.concatenate(blocks)).reshape(len(blocks), len(x)) - y).mean(axis=1)
    return error[1:] - error[0]
