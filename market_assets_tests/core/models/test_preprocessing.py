"""Imputation and standardisation."""

from __future__ import annotations

import numpy as np

from market_assets.core.models.preprocessing import Standardizer, column_medians, impute

X = np.array([[1, np.nan, 5, np.nan], [2, 4, 5, np.nan], [9, 8, 5, np.nan]], dtype=np.float32)


def test_medians_skip_gaps():
    """The median is over present values; a column without any gets 0."""
    assert column_medians(X).tolist() == [2, 6, 5, 0]
    assert impute(X, column_medians(X))[0].tolist() == [1, 6, 5, 0]
    assert np.isnan(X[0, 1])


def test_standardised_training_rows_have_mean_0_and_deviation_1():
    """Varying columns are standardised, flat ones become 0."""
    rng = np.random.Generator(np.random.PCG64(0))
    x = (rng.standard_normal((500, 3)) * [1, 50, 1e-3] + [0, 900, 0.1]).astype(np.float32)
    x[:, 2] = 0.1
    z = Standardizer.fit(x, clip=100.0).apply(x)
    assert np.allclose(z[:, :2].mean(0), 0, atol=1e-5)
    assert np.allclose(z[:, :2].std(0), 1, atol=1e-5)
    assert not z[:, 2].any()


def test_new_rows_use_the_fitted_state_and_are_clipped():
    """Nothing is learned from the rows that are transformed; outliers stop at the clip."""
    fitted = Standardizer.fit(np.array([[0.0], [2.0]], dtype=np.float32), clip=5.0)
    new = np.array([[np.nan], [3.0], [1e9], [-1e9]], dtype=np.float32)
    assert fitted.apply(new)[:, 0].tolist() == [0, 2, 5, -5]
