"""The variance of the trials is the one of the promotion gate."""

from __future__ import annotations

import numpy as np
import pytest

from market_assets.core.errors import BadInputError
from market_assets.core.statistics.trial_variance import trial_variance
from market_assets_tests.core.gates.worlds import NAMES, draw, evidence_of


def gate_variance(net: np.ndarray) -> tuple[float | None, int]:
    """The gate's own figure, and the column it deflates."""
    found = evidence_of(0, net=net, gross=net, reps=100)
    assert found.best is not None
    return found.trial_variance, NAMES.index(found.best)


@pytest.mark.parametrize("case", ["spread", "alike", "idle", "constant"])
def test_it_is_the_gates(case):
    """Far apart, almost alike (the floor), with an idle candidate, and with one that is constant but not zero."""
    net = draw(3)[0]
    if case == "spread":
        net += 0.004 * np.arange(5)
    if case == "alike":
        net = net[:, :1] + 1e-9 * net
    if case == "idle":
        net[:, 1] = 0.0
    if case == "constant":
        net[:, 1] = -1e-5
    expected, best = gate_variance(net)
    assert trial_variance(net, best) == pytest.approx(expected, rel=1e-12)


def test_one_candidate_has_the_floor():
    """1 / (T - 1): the sampling variance of a Sharpe ratio of zero."""
    assert trial_variance(draw(3)[0][:, :1], 0) == 1 / 749
    with pytest.raises(BadInputError, match="no column"):
        trial_variance(draw(3)[0], 5)
