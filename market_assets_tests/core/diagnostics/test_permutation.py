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
    found = permutation_importance(score, x, y, {k: np.array([k]) for k in (0, 1, 2)}, (7, 3))
    for place, column in enumerate([0, 1, 2]):
        shuffled = x.copy()
        shuffled[:, column] = np.random.default_rng([7, 3, column]).permutation(x[:, column])
        want = np.mean((score(shuffled) - y) ** 2) - np.mean((score(x) - y) ** 2)
        assert abs(found[place] - want) < 1e-15
    assert found[1] == 0.0
    assert found[0] > found[2] > 0.0
    assert permutation_importance(score, x, y, {2: np.array([2])}, (7, 3))[0] == found[2]
    assert permutation_importance(score, x, y, {2: np.array([2])}, (7, 4))[0] != found[2]


def test_columns_of_a_group_keep_together():
    """One order for all of them: the model that reads their difference alone loses nothing when both are equal."""
    rng = np.random.default_rng(1)
    x = rng.normal(size=(300, 3)).astype(np.float32)
    x[:, 1] = x[:, 0]
    y = (rng.random(300) < 0.5).astype(np.int8)

    def difference(values):
        return 1.0 / (1.0 + np.exp(values[:, 1] - values[:, 0]))

    assert permutation_importance(difference, x, y, {0: np.array([0, 1])}, (7, 3))[0] == 0.0
    assert permutation_importance(difference, x, y, {0: np.array([0])}, (7, 3))[0] > 0.0
