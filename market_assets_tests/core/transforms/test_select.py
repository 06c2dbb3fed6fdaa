"""Columns that are missing, constant or redundant on the training rows."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from market_assets.core.errors import NotEnoughDataError
from market_assets.core.transforms.base import Rows
from market_assets.core.transforms.select import SELECT, pairwise_correlation
from market_assets_tests.core.transforms.samples import sample, spec_of


def test_what_says_nothing_new_goes() -> None:
    """Flat, empty and repeated columns go, the first of two equal ones stays; the rest keeps its order and values."""
    rows = sample()
    done = SELECT.apply(SELECT.fit(rows, spec_of("select"), 0), rows)
    assert done.names == ("level", "size", "gaps", "rare")
    assert np.array_equal(done.x, rows.x[:, [0, 1, 2, 6]], equal_nan=True)


def test_correlation_is_that_of_pandas() -> None:
    """Over the rows where both columns have a value, as the plain definition of pandas takes it, pair by pair."""
    rng = np.random.Generator(np.random.PCG64(3))
    x = (rng.standard_normal((300, 6)) @ rng.standard_normal((6, 6)) + 50.0).astype(np.float32)
    x[rng.random(x.shape) < 0.3] = np.nan
    x[:, 5] = 1.0
    np.testing.assert_allclose(pairwise_correlation(x), pd.DataFrame(x.astype(float)).corr(), atol=1e-9)


def test_no_kept_pair_is_above_the_limit() -> None:
    """Whatever the limit, kept columns are below it among themselves, and each dropped one is above it with a kept."""
    rng = np.random.Generator(np.random.PCG64(4))
    x = (rng.standard_normal((400, 4)) @ rng.standard_normal((4, 20)) + 0.3 * rng.standard_normal((400, 20))).astype(
        np.float32
    )
    rows = Rows(tuple(f"c{j}" for j in range(20)), x, ("S",), np.zeros(400, np.int32))
    size = np.abs(np.corrcoef(x.T.astype(float)))
    for limit in (0.3, 0.7, 0.9):
        kept = SELECT.fit(rows, spec_of("select", max_correlation=limit), 0).values["kept"]
        dropped = np.setdiff1d(np.arange(20), kept)
        assert np.all(size[np.ix_(kept, kept)][~np.eye(len(kept), dtype=bool)] <= limit)
        assert all(size[j, kept[kept < j]].max() > limit for j in dropped)


def test_rows_that_do_not_vary_are_a_gap() -> None:
    """One row, or the same row again, leaves no column."""
    rows = sample()
    same = Rows(rows.names, rows.x[[0, 0]], rows.symbols, rows.code[[0, 0]])
    with pytest.raises(NotEnoughDataError, match="constant on 2 training rows"):
        SELECT.fit(same, spec_of("select"), 0)
