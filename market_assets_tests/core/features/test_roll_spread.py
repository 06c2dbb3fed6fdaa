"""Roll's spread against its published case, its definition, and a market whose spread is known."""

from __future__ import annotations

import numpy as np
import pytest

from market_assets.core.features.roll_spread import roll_covariance, roll_spread
from market_assets_tests.golden.cases import cases


@pytest.mark.parametrize("item", cases("roll_spread"))
@pytest.mark.parametrize(
    ("moment", "covariance", "spread"),
    [
        ("sample", "cov_ddof1", "spread_ddof1"),
        ("population", "cov_ddof0", "spread_ddof0"),
        ("zero_mean", "cov_zero_mean", "spread_zero_mean"),
    ],
)
def test_published(item, moment: str, covariance: str, spread: str) -> None:
    """Covariance and spread of a bounce, in the three conventions."""
    price = np.array(item["inputs"]["prices"], dtype=np.float64)
    window, close = len(price) - 2, {"abs": item["tolerance"], "rel": 0.0}
    found = roll_covariance(price, window, moment=moment)
    assert found[-1] == pytest.approx(item["expected"][covariance], **close)
    assert np.isnan(found[:-1]).all()
    assert roll_spread(price, window, moment=moment)[-1] == pytest.approx(item["expected"][spread], **close)


def test_equals_its_definition_in_every_window() -> None:
    """numpy's covariance of the changes and the changes before them."""
    price = 100.0 + np.cumsum(np.random.Generator(np.random.PCG64(1)).standard_normal(90))
    window, step = 12, np.diff(price)
    fast = roll_spread(price, window, positive="nan")
    for end in range(window + 1, len(price)):
        now, before = step[end - window : end], step[end - window - 1 : end - 1]
        covariance = np.cov(now, before)[0, 1]
        plain = np.nan if covariance > 0.0 else 2.0 * np.sqrt(-covariance)
        np.testing.assert_allclose(fast[end], plain, rtol=1e-9)
    assert np.isnan(fast[: window + 1]).all()


def test_a_trend_has_no_spread() -> None:
    """Positive autocovariance gives 0, or NaN when asked; a window that is not full stays NaN either way."""
    price = np.arange(40.0) ** 3
    assert (roll_spread(price, 10)[11:] == 0.0).all()
    assert np.isnan(roll_spread(price, 10)[:11]).all()
    assert np.isnan(roll_spread(price, 10, positive="nan")).all()


def test_recovers_a_planted_spread() -> None:
    """Trades at mid +- half the spread around a random walk: the estimate comes close to the spread."""
    rng = np.random.Generator(np.random.PCG64(8))
    mid = 100.0 + np.cumsum(rng.normal(0.0, 0.02, 20_000))
    price = mid + 0.05 * rng.choice([-1.0, 1.0], mid.size)
    assert roll_spread(price, price.size - 2)[-1] == pytest.approx(0.1, rel=0.05)
    assert roll_spread(mid, mid.size - 2)[-1] < 0.01
