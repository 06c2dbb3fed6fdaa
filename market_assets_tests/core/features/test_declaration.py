"""Every feature is what it declares: inputs, look-back, source; the checks find what is declared wrongly."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from market_assets.core.features.bars import Bars
from market_assets.core.features.base import Family, Group, per_symbol_family
from market_assets.core.features.causality import default_cuts, prove_causal
from market_assets.core.features.declaration import CLOSE, HIGH_LOW, Feature
from market_assets.core.features.elementwise import log_return
from market_assets.core.features.recursive import ema
from market_assets.core.features.registry import FAMILIES
from market_assets.core.features.rolling import rolling_mean
from market_assets.core.market.panel import Floats
from market_assets_tests.core.features.declared import panels, wrong_inputs, wrong_lookback, wrong_memory
from market_assets_tests.core.features.panels import market

every_family = pytest.mark.parametrize("name", sorted(FAMILIES))


@every_family
def test_declared_inputs_are_exact(name: str) -> None:
    """What a feature does not declare leaves its bytes alone; everything it declares changes it somewhere."""
    assert wrong_inputs(FAMILIES[name]) == []


@every_family
def test_declared_lookback_is_exact(name: str) -> None:
    """On clean bars the first value of every feature comes after exactly the declared number of bars."""
    assert wrong_lookback(FAMILIES[name]) == []


@every_family
def test_older_bars_do_not_matter(name: str) -> None:
    """Bars older than a feature's reach can be cut off, to the byte for single symbols; recursive ones say so."""
    assert wrong_memory(FAMILIES[name]) == []


@every_family
def test_family_looks_back_as_far_as_its_features(name: str) -> None:
    """The look-back of a family is the largest of its features."""
    family = FAMILIES[name]
    assert family.lookback == max(max(f.lookback, f.memory) for f in family.features.values())


def test_every_source_can_be_looked_up() -> None:
    """A source names a year, or says that the definition is the project's own, and what it varies."""
    for family in FAMILIES.values():
        for name, feature in family.features.items():
            own = feature.source == "own" or feature.source.startswith("own, after ")
            assert own or re.search(r"\b(1[89]|20)\d\d\b", feature.source), f"{name}: {feature.source}"


def planted(feature: Feature, rule: Callable[[Bars], Floats]) -> Family:
    """A family of one honest and one planted feature."""
    group = Group(
        {"honest": Feature("ln(close / previous close)", "own", CLOSE, 1), "planted": feature},
        lambda bars: {"honest": log_return(bars.close, 1), "planted": rule(bars)},
    )
    return per_symbol_family("toy", version="1", groups=(group,))


def mean5(bars: Bars) -> Floats:
    return rolling_mean(bars.ret, 5)


@pytest.mark.parametrize(
    ("check", "right", "wrong"),
    [
        (wrong_inputs, (CLOSE, 5), (HIGH_LOW, 5)),
        (wrong_inputs, (CLOSE, 5), (("close", "volume"), 5)),
        (wrong_inputs, (CLOSE, 5), (("close", "sector"), 5)),
        (wrong_lookback, (CLOSE, 5), (CLOSE, 4)),
        (wrong_lookback, (CLOSE, 5), (CLOSE, 6)),
        (wrong_memory, (CLOSE, 5), (CLOSE, 4)),
    ],
)
def test_a_wrong_declaration_is_found(check: Callable[[Family], list[str]], right: Any, wrong: Any) -> None:
    """Each check names the planted feature when its declaration is wrong, and nothing when it is right."""
    assert check(planted(Feature("SMA(5) of log returns", "own", *right), mean5)) == []
    found = check(planted(Feature("SMA(5) of log returns", "own", *wrong), mean5))
    assert found
    assert all(text.startswith("planted: ") for text in found)


def test_a_long_memory_is_found() -> None:
    """A moving average over a long span that is not declared recursive is found; declared, it passes."""
    feature = Feature("EMA(50) of the close", "own", CLOSE, 49)
    assert wrong_memory(planted(feature, lambda bars: ema(bars.close, 50)))
    assert wrong_memory(planted(replace(feature, recursive=True), lambda bars: ema(bars.close, 50))) == []


def test_a_planted_leak_is_found() -> None:
    """A feature added to a group is on trial like all others: tomorrow's close fails the proof, today's passes."""
    raw = market(sessions=220, equities=3, seed=2)
    cuts = default_cuts(raw, n=1, seed=0)
    feature = Feature("close / close tomorrow - 1", "own", CLOSE, 0)
    leaky = planted(feature, lambda bars: bars.close / np.append(bars.close[1:], np.nan) - 1.0)
    assert prove_causal(leaky, raw, cuts, seed=0).leaks == ("planted",)
    assert prove_causal(planted(replace(feature, lookback=5), mean5), raw, cuts, seed=0).passed


@pytest.mark.parametrize(
    "change",
    [
        {"formula": " "},
        {"source": ""},
        {"formula": "two\nlines"},
        {"inputs": ()},
        {"inputs": ("close", "close")},
        {"inputs": ("closing",)},
        {"lookback": -1},
    ],
)
def test_an_empty_or_unknown_declaration_is_refused(change: dict[str, Any]) -> None:
    """Formula, source, inputs and look-back must be there, in known names."""
    good = {"formula": "close", "source": "own", "inputs": ("close", "side:funding"), "lookback": 0}
    Feature(**good)
    with pytest.raises(ValueError, match="feature"):
        Feature(**{**good, **change})


def test_names_are_unique_over_the_registry() -> None:
    """No two families share a feature name."""
    names = [column for family in FAMILIES.values() for column in family.names]
    assert len(names) == len(set(names))


def test_values_are_those_of_the_declared_order() -> None:
    """Columns stand in the order of the declarations."""
    family = planted(Feature("SMA(5) of log returns", "own", CLOSE, 5), mean5)
    assert family.names == ("honest", "planted")
    values = family.compute(panels()[0])
    bars = Bars.of(panels()[0], 0)
    np.testing.assert_array_equal(values[panels()[0].rows(0), 1], mean5(bars))
