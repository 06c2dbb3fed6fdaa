"""The stored linear model."""

from __future__ import annotations

import numpy as np
import pytest

from market_assets.core.errors import IntegrityError
from market_assets.core.models import arrays
from market_assets.core.models.elastic_net import FAMILY
from market_assets_tests.core.models.planted import COMPUTE, planted


def test_prediction_is_the_logistic_of_the_standardised_score():
    """Impute, standardise, clip, weigh, add: the definition on the stored state."""
    x, y, weight = planted(1000, gaps=0.1)
    payload = FAMILY.fit(x * 50 + 3, y, weight, {"clip": 2.0}, COMPUTE)
    meta, a = arrays.decode(payload)
    rows = planted(50, seed=8, gaps=0.3)[0] * 200
    z = np.clip((np.where(np.isnan(rows), a["median"], rows) - a["mean"]) / a["scale"], -2, 2)
    expected = 1 / (1 + np.exp(-(z @ a["coefficient"] + a["intercept"][0])))
    assert meta["converged"] is True
    assert np.allclose(FAMILY.predict(payload, rows, COMPUTE), expected, atol=1e-6)


def test_noise_columns_get_no_coefficient():
    """The absolute penalty removes columns that carry nothing."""
    x, y, weight = planted(3000, 20)
    coefficient = FAMILY.gain(FAMILY.fit(x, y, weight, {"alpha": 0.03, "l1_ratio": 1.0}, COMPUTE))
    assert coefficient[0] > 0.3
    assert np.count_nonzero(coefficient[3:]) <= 2


@pytest.mark.parametrize(("part", "value"), [("scale", 0.0), ("mean", np.nan), ("coefficient", np.inf)])
def test_planted_defects_in_the_arrays_are_found(part, value):
    """A zero scale and numbers that are not finite are refused."""
    x, y, weight = planted(300)
    meta, stored = arrays.decode(FAMILY.fit(x, y, weight, {}, COMPUTE))
    changed = {name: array.copy() for name, array in stored.items()}
    changed[part][0] = value
    with pytest.raises(IntegrityError, match="malformed"):
        FAMILY.predict(arrays.encode(meta, changed), x, COMPUTE)
