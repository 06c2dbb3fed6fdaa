"""The table of indicators names each column once, and columns of ours only."""

from __future__ import annotations

import numpy as np

from benchmarks.peers.indicators import INDICATORS, NO_PEER, series_of
from benchmarks.peers.random_panel import random_panel
from benchmarks.peers.technical import CLASSIC, WHOLE
from market_assets.core.features.technical import TECHNICAL


def test_every_column_has_a_peer_or_none() -> None:
    """71 columns stand beside an indicator, four beside none, together the classic set."""
    columns = [one.column for one in INDICATORS]
    assert len(columns) == len(set(columns)) == 71
    assert set(columns) == set(CLASSIC.names)
    assert {*columns, *NO_PEER} == set(WHOLE.names) < set(TECHNICAL.names)


def test_a_difference_is_explained() -> None:
    """A column is either turned into ours or says why it cannot be."""
    for one in INDICATORS:
        assert (one.ours_from is None) == bool(one.why), one.column


def test_classic_set_is_part_of_the_family() -> None:
    """The benchmark times the very columns of the family, to the byte."""
    panel = random_panel(2, 120)
    whole, part = TECHNICAL.compute(panel), CLASSIC.compute(panel)
    places = [TECHNICAL.names.index(name) for name in CLASSIC.names]
    np.testing.assert_array_equal(part, whole[:, places])


def test_inputs_of_the_peers_look_back() -> None:
    """Series that peers are given have the symbol's length and know nothing of other symbols."""
    panel = random_panel(2, 60)
    for name, values in series_of(panel, 1).items():
        assert values.shape == (60,), name
        assert np.isfinite(values).all()
    assert {name for one in INDICATORS for name in one.inputs} <= set(series_of(panel, 0))
