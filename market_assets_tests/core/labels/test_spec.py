"""Label and weight parameters."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from market_assets.core.labels.spec import LabelSpec, WeightSpec


def test_defaults_are_two_atr_of_twenty_bars_held_ten():
    """The default label is 2 x ATR(20), ten bars, 0.1 % minimum, entered at the next open."""
    spec = LabelSpec()
    assert (spec.atr_window, spec.profit, spec.stop, spec.holding) == (20, 2.0, 2.0, 10)
    assert (spec.min_return, spec.entry, spec.kind) == (0.001, "next_open", "triple_barrier")


@pytest.mark.parametrize(
    "bad",
    [
        {"atr_window": 0},
        {"profit": 0.0},
        {"stop": -1.0},
        {"holding": 0},
        {"min_return": -0.1},
        {"entry": "open"},
        {"kind": "fixed"},
        {"profit": float("nan")},
        {"unknown": 1},
    ],
)
def test_label_spec_refuses(bad):
    """A parameter out of bounds, of another kind, or unknown is refused."""
    with pytest.raises(ValidationError):
        LabelSpec(**bad)


@pytest.mark.parametrize("decay", [-1.0, 1.5, float("inf")])
def test_weight_spec_refuses_a_decay_outside_its_range(decay):
    """The decay of the oldest label lies in (-1, 1]."""
    with pytest.raises(ValidationError):
        WeightSpec(decay=decay)
