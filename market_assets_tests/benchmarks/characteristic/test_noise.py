"""Shocks under the laws of returns."""

import numpy as np
import pytest

from benchmarks.characteristic.noise import BETA, LAWS

SHAPE = (60, 4000)


@pytest.mark.parametrize("law", LAWS)
def test_shocks_are_standardised(law):
    """Mean 0 and variance 1, whatever the law."""
    shocks = LAWS[law](np.random.default_rng(0), SHAPE)
    assert shocks.shape == SHAPE
    assert abs(shocks.mean()) < 0.01
    assert shocks.var() == pytest.approx(1.0, abs=0.04)


def test_laws_are_what_they_are_called():
    """Fat tails, a long left tail, autocorrelation, and volatility in clusters that all series share."""
    drawn = {law: LAWS[law](np.random.default_rng(1), SHAPE) for law in LAWS}
    beyond = {law: float(np.mean(np.abs(shocks) > 5.0)) for law, shocks in drawn.items()}
    assert beyond["normal"] < 1e-5 < beyond["student"]
    left, right = (np.mean(sign * drawn["skewed"] > 3.0) for sign in (-1, 1))
    assert left > 1.5 * right
    lag = {law: float(np.mean(shocks[:, 1:] * shocks[:, :-1])) for law, shocks in drawn.items()}
    assert lag["ar1"] == pytest.approx(0.1, abs=0.01)
    assert abs(lag["garch"]) < 0.02
    calm = np.mean(drawn["garch"] ** 2, axis=0)
    assert np.corrcoef(calm[1:], calm[:-1])[0, 1] > BETA / 2
