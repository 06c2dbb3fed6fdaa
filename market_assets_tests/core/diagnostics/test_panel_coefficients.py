"""Many coefficients at once against the plain way, one feature, outcome and group of names at a time."""

import numpy as np
import pytest

from market_assets.core.diagnostics.information_coefficient import session_coefficients
from market_assets.core.diagnostics.panel_coefficients import panel_coefficients
from market_assets.core.errors import BadInputError
from market_assets_tests.golden.cases import cases


@pytest.mark.parametrize("item", cases("information_coefficient"))
def test_published_coefficients(item):
    """The published rank coefficients, with ties, whatever the order of the rows."""
    i, want = item["inputs"], item["expected"]
    turned = np.arange(len(i["forecast"]))[::-1]
    x, y = np.array(i["forecast"], np.float32)[turned, None], np.array(i["forward_return"])[turned, None]
    found = panel_coefficients(x, y, np.zeros(len(x)), 1)
    assert found[0, 0, 0] == pytest.approx([want["rank_ic"]], abs=item["tolerance"])


@pytest.mark.parametrize("seed", range(8))
def test_equal_to_one_at_a_time(seed):
    """Ties, gaps on both sides, whole sessions without a gap between them, constant features, groups, any row order."""
    rng = np.random.default_rng(seed)
    sessions, names, d, horizons = 7, int(rng.integers(2, 11)), 4, 3
    session = np.repeat(np.arange(sessions), names)
    x = rng.integers(0, 5, (sessions * names, d)).astype(np.float32)
    y = rng.integers(0, 6, (sessions * names, horizons)).astype(float)
    x[rng.random(x.shape) < 0.15], y[rng.random(y.shape) < 0.1] = np.nan, np.nan
    x[: 2 * names], y[: 3 * names] = rng.normal(size=(2 * names, d)), rng.normal(size=(3 * names, horizons))
    x[names : 2 * names, 0] = 1.0
    groups = rng.random((3, len(x))) < 0.7
    groups[0] = True
    order = rng.permutation(len(x))
    found = panel_coefficients(x[order], y[order], session[order], sessions, groups[:, order])
    for a, inside in enumerate(groups):
        for k in range(horizons):
            for f in range(d):
                own = np.where(inside, x[:, f], np.nan).reshape(sessions, names)
                want = session_coefficients(own, y[:, k].reshape(sessions, names))
                assert found[a, k, f] == pytest.approx(want, abs=1e-12, nan_ok=True)


def test_few_names_are_a_gap():
    """A session below ``min_names`` has no coefficient, and none is borrowed from its neighbours."""
    x, y, session = np.arange(7.0)[:, None], np.arange(7.0)[:, None], np.array([0, 0, 0, 0, 2, 2, 2])
    assert panel_coefficients(x, y, session, 3)[0, 0, 0] == pytest.approx([1.0, np.nan, 1.0], nan_ok=True)
    assert np.isnan(panel_coefficients(x, y, session, 3, min_names=4)[0, 0, 0]).tolist() == [False, True, True]


def test_bad_inputs_are_refused():
    """Lengths, infinite values, sessions out of range, groups of other rows, two names."""
    x, y, session = np.zeros((3, 1)), np.zeros((3, 1)), np.zeros(3)
    for wrong in (
        {"x": np.zeros((2, 1))},
        {"outcomes": np.full((3, 1), np.inf)},
        {"session": np.array([0, 0, 1])},
        {"groups": np.ones((1, 2))},
        {"min_names": 2},
    ):
        with pytest.raises(BadInputError, match="coefficient_inputs"):
            panel_coefficients(**{"x": x, "outcomes": y, "session": session, "sessions": 1, **wrong})
