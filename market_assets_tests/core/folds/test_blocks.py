"""Cutting and joining contiguous parts."""

from __future__ import annotations

import pytest

from market_assets.core.errors import NotEnoughDataError
from market_assets.core.folds.blocks import cut, merge


def test_parts_cover_everything_and_the_first_take_the_remainder():
    """Eleven positions in four parts: 3, 3, 3, 2."""
    assert cut(3, 13, 4, "groups") == ((3, 5), (6, 8), (9, 11), (12, 13))


def test_too_few_positions_are_a_typed_error():
    """The message says what is needed and what is there."""
    with pytest.raises(NotEnoughDataError, match="4 groups need at least 4 bars; there are 3"):
        cut(0, 2, 4, "groups", "bars")


def test_only_ranges_that_touch_are_joined():
    """A gap of one position keeps two ranges apart."""
    assert merge([(0, 2), (3, 4), (6, 7), (8, 8)]) == ((0, 4), (6, 8))
    assert merge([]) == ()
