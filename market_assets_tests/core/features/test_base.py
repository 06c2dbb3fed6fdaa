"""A family that contradicts itself cannot be built."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from market_assets.core.errors import BadInputError
from market_assets.core.features.base import MAX_LOOKBACK, Family

GOOD: dict[str, Any] = {
    "name": "toy",
    "version": "1",
    "names": ("a",),
    "lookback": 5,
    "compute": lambda panel: np.zeros((panel.n_rows, 1)),
    "describe": {"a": "zero"},
}


@pytest.mark.parametrize(
    "change",
    [
        {"names": ("a", "a")},
        {"describe": {}},
        {"describe": {"a": "zero", "b": "more"}},
        {"recursive": frozenset({"b"})},
        {"lookback": 0},
        {"lookback": MAX_LOOKBACK + 1},
    ],
)
def test_contradictions_are_refused(change: dict[str, Any]) -> None:
    """Repeated names, missing descriptions, unknown recursive names and long lookbacks are errors."""
    Family(**GOOD)
    with pytest.raises(ValueError, match="family toy"):
        Family(**{**GOOD, **change})


def test_name_goes_through_the_allow_list() -> None:
    """A family name is checked like every name that reaches a path."""
    with pytest.raises(BadInputError):
        Family(**{**GOOD, "name": "../x"})
