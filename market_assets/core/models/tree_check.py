"""Soundness of a stored binary tree: every walk from the root stays inside and ends."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def is_sound(feature: NDArray[Any], left: NDArray[Any], right: NDArray[Any], inner: NDArray[Any], width: int) -> bool:
    """Tell whether one tree can be walked safely.

    Parameters
    ----------
    feature, left, right : (m,) feature index and child positions of each node, in one block starting at 0.
    inner : (m,) bool, the nodes that split.
    width : number of features.

    Notes
    -----
    A child must stand after its parent, which rules out cycles, inside the block, and have one parent: a library that
    sizes a path by the depth of each leaf, as exact tree contributions do, would write past it where two paths of
    unequal length meet.
    """
    size = inner.shape[0]
    if not size or not (feature.shape == left.shape == right.shape == (size,)):
        return False
    parents = np.flatnonzero(inner)
    children = np.stack((left[parents], right[parents]))
    inside = (children > parents).all() and (children < size).all()
    if not inside or np.bincount(children.ravel()).max(initial=0) > 1:
        return False
    return bool((feature[parents] >= 0).all() and (feature[parents] < width).all())
