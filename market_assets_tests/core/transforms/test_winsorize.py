"""Clipping at training quantiles."""

from __future__ import annotations

import numpy as np
from scipy.stats.mstats import winsorize

from market_assets.core.transforms.base import Rows
from market_assets.core.transforms.winsorize import WINSORIZE
from market_assets_tests.core.transforms.samples import sample, spec_of


def test_on_its_own_rows_it_is_the_winsorization_of_scipy() -> None:
    """Where the quantiles fall on order statistics, the values are those of ``scipy.stats.mstats.winsorize``."""
    x = np.random.Generator(np.random.PCG64(0)).standard_t(2, (101, 1)).astype(np.float32)
    rows = Rows(("a",), x, ("S",), np.zeros(101, np.int32))
    done = WINSORIZE.apply(WINSORIZE.fit(rows, spec_of("winsorize", low=0.1, high=0.9), 0), rows).x
    assert np.array_equal(done[:, 0], np.asarray(winsorize(x[:, 0], limits=(10 / 101, 10 / 101))))


def test_later_rows_stay_within_the_training_bounds() -> None:
    """Bounds come from the values that are there; other rows are clipped at them, a column without values is not."""
    train = sample()
    state = WINSORIZE.fit(train, spec_of("winsorize"), 0)
    far = Rows(train.names, np.full((2, 7), 1e9, np.float32), train.symbols, np.zeros(2, np.int32))
    done = WINSORIZE.apply(state, far).x[0]
    assert np.array_equal(done[:3], np.nanquantile(train.x[:, :3].astype(float), 0.99, axis=0).astype(np.float32))
    assert done[4] == np.float32(1e9)
