"""Label and weight parameters."""

from __future__ import annotations

import pytest
from pydantic import TypeAdapter, ValidationError

from market_assets.core.labels.spec import LabelSpec, TouchRule, WeightSpec


def test_defaults_are_two_atr_of_twenty_bars_held_ten():
    """The default label is 2 x ATR(20), ten bars, 0.1 % minimum, entered at the next open."""
    spec = LabelSpec()
    assert (spec.atr_window, spec.profit, spec.stop, spec.holding) == (20, 2.0, 2.0, 10)
    assert (spec.min_return, spec.entry, spec.kind) == (0.001, "next_open", "triple_barrier")


def test_a_later_option_stands_in_the_document_only_where_it_is_used():
    """The document, hence the identity, of a spec written before the option existed does not change."""
    adapter = TypeAdapter(LabelSpec)
    first = {"kind", "atr_window", "profit", "stop", "holding", "min_return", "entry"}
    assert set(adapter.dump_python(LabelSpec(), mode="json")) == first
    for option in (
        {"volatility": "ewm"},
        {"volatility": "fixed"},
        {"cost_bp": 5.0},
        {"rule": TouchRule(path="close")},
        {"ewm_span": 20},
    ):
        document = adapter.dump_python(LabelSpec(**option), mode="json")
        assert set(document) == first | set(option)
        assert adapter.validate_python(document) == LabelSpec(**option)


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
        {"volatility": "garch"},
        {"ewm_span": 1},
        {"cost_bp": -1.0},
        {"rule": {"tie": "first"}},
        {"rule": {"paths": "close"}},
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
