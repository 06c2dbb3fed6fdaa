"""A family that contradicts itself cannot be built."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from market_assets.core.errors import BadInputError
from market_assets.core.features.base import MAX_LOOKBACK, Family, Group, per_symbol_family
from market_assets.core.features.declaration import CLOSE, Feature

ZERO = Feature("zero", "own", CLOSE, 5)
GOOD: dict[str, Any] = {
    "name": "toy",
    "version": "1",
    "features": {"a": ZERO},
    "compute": lambda panel: np.zeros((panel.n_rows, 1)),
}


@pytest.mark.parametrize(
    "change",
    [
        {"features": {}},
        {"features": {"a": replace(ZERO, lookback=MAX_LOOKBACK + 1)}},
        {"features": {"a": replace(ZERO, memory=MAX_LOOKBACK + 1)}},
    ],
)
def test_contradictions_are_refused(change: dict[str, Any]) -> None:
    """A family without features, and one that looks back too far, are errors."""
    Family(**GOOD)
    with pytest.raises(ValueError, match="family toy"):
        Family(**{**GOOD, **change})


def test_groups_may_not_share_a_name() -> None:
    """A name that two groups declare is an error, not the last one's value."""
    group = Group({"a": ZERO}, lambda bars: {"a": bars.close})
    with pytest.raises(ValueError, match="repeat"):
        per_symbol_family("toy", version="1", groups=(group, group))


def test_name_goes_through_the_allow_list() -> None:
    """A family name is checked like every name that reaches a path."""
    with pytest.raises(BadInputError):
        Family(**{**GOOD, "name": "../x"})
