"""Soundness of stored trees."""

from __future__ import annotations

import numpy as np
import pytest

from market_assets.core.models.tree_check import is_sound

FEATURE, LEFT, RIGHT = np.array([1, 0, 0, 0, 0]), np.array([1, 3, -1, -1, -1]), np.array([2, 4, -1, -1, -1])
INNER = np.array([True, True, False, False, False])


def test_a_plain_tree_is_sound():
    """Children after their parents and features in range are accepted, also in a single leaf."""
    assert is_sound(FEATURE, LEFT, RIGHT, INNER, 2)
    assert is_sound(np.array([0]), np.array([-1]), np.array([-1]), np.array([False]), 1)


@pytest.mark.parametrize(
    ("part", "position", "value"),
    [("left", 1, 1), ("left", 1, 0), ("right", 0, 5), ("right", 0, 1), ("feature", 0, 2), ("feature", 1, -1)],
)
def test_planted_defects_are_found(part, position, value):
    """A cycle, a child outside, a child of two parents and a feature outside are refused."""
    parts = {"feature": FEATURE.copy(), "left": LEFT.copy(), "right": RIGHT.copy()}
    parts[part][position] = value
    assert not is_sound(**parts, inner=INNER, width=2)


def test_no_nodes_and_uneven_parts_are_refused():
    """A tree needs a root and one entry a node in every part."""
    none = np.array([], dtype=int)
    assert not is_sound(none, none, none, none.astype(bool), 2)
    assert not is_sound(FEATURE[:-1], LEFT, RIGHT, INNER, 2)
