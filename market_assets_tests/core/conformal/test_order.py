"""The counting tree against a sorted list."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from market_assets.core.conformal.order import tree_add, tree_select


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 12), min_size=1, max_size=40))
def test_every_rank_is_found_as_values_arrive(ranks):
    """After each value every k gives what sorting gives."""
    tree = np.zeros(14, np.int64)
    for count, rank in enumerate(ranks, start=1):
        tree_add(tree, rank, 1)
        assert [tree_select(tree, k) for k in range(1, count + 1)] == sorted(ranks[:count])
