"""Permutation importance against a plain loop."""

import numpy as np

from market_assets.core.diagnostics.permutation import permutation_importance


def score(x):
    """A model of columns 0 and 2."""
    return 1.0 / (1.0 + np.exp(-2.0 * x[:, 0] + x[:, 2]))


def test_equal_to_one_column_at_a_time():
    """The rise of the Brier score; exactly 0 for what the model does not read; no shuffle depends on its company."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(500, 4)).astype(np.float32)
    y = (rng.random(500) < score(x)).astype(np.int8)
    found = permutation_importance(score, x, y, [0, 1, 2], (7, 3))
    for place, column in enumerate([0, 1, 2]):
        shuffled = x.copy()
        shuffled[:, column] = np.random.default_rng([7, 3, column]).permutation(x[:, column])
        want = np.mean((score(shuffled) - y) ** 2) - np.mean((score(x) - y) ** 2)
        assert abs(found[place] - want) < 1e-15
    assert found[1] == 0.0
    assert found[0] > found[2] > 0.0
    assert permutation_importance(score, x, y, [2], (7, 3))[0] == found[2]
    assert permutation_importance(score, x, y, [2], (7, 4))[0] != found[2]
