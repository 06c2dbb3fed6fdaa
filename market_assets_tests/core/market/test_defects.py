"""Planted defects."""

from __future__ import annotations

import numpy as np
import pytest

from market_assets.core.market.defects import DEFECTS, plant_defects
from market_assets.core.market.synthetic import SyntheticSpec, synthesize
from market_assets.core.quality.rules import RULES


@pytest.fixture(scope="module")
def clean():
    """A clean market."""
    return synthesize(SyntheticSpec(symbols=16, years=2)).panel


def test_every_defect_names_a_rule_that_exists():
    """The catching rule of each kind is registered."""
    assert {rule for rule, _ in DEFECTS.values()} <= set(RULES)


def test_only_the_chosen_symbols_change_and_the_input_stays(clean):
    """One symbol per kind differs from the clean panel, which itself is untouched."""
    before = clean.content_hash()
    spoilt, planted = plant_defects(clean, 3, list(DEFECTS))
    assert clean.content_hash() == before
    assert len({defect.symbol for defect in planted}) == len(DEFECTS)
    for symbol in clean.symbols:
        same = spoilt.select([symbol]).content_hash() == clean.select([symbol]).content_hash()
        assert same == (symbol not in {defect.symbol for defect in planted})


def test_seeded(clean):
    """The same seed plants the same defects at the same rows."""
    first, second = (plant_defects(clean, 7, list(DEFECTS))[0].content_hash() for _ in range(2))
    assert first == second
    assert first != plant_defects(clean, 8, list(DEFECTS))[0].content_hash()


def test_refusals(clean):
    """Too many kinds for the panel and unknown kinds are errors."""
    with pytest.raises(ValueError, match="symbols"):
        plant_defects(clean.select(clean.symbols[:2]), 0, list(DEFECTS))
    with pytest.raises(KeyError):
        plant_defects(clean, 0, ["gremlins"])


def test_duplicate_repeats_a_row(clean):
    """The planted duplicate is one extra row with an existing stamp."""
    spoilt, (defect,) = plant_defects(clean, 0, ["duplicate_bar"])
    own = spoilt.select([defect.symbol])
    assert spoilt.n_rows == clean.n_rows + 1
    assert len(np.unique(own.ts)) == own.n_rows - 1
