"""Bulk volume classification, volume buckets and VPIN against the published case and plain definitions."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
import pytest
from scipy import stats

from market_assets.core.features.vpin import buy_share, volume_buckets, vpin
from market_assets_tests.golden.cases import cases


@pytest.mark.parametrize("item", cases("vpin"))
def test_published(item) -> None:
    """Buy volumes, imbalances and VPIN of eight buckets of 1,000 shares."""
    change, size = np.array(item["inputs"]["bucket_price_changes"]), item["inputs"]["bucket_volume"]
    expected, exact = item["expected"], {"rtol": 0.0, "atol": item["tolerance"]}
    sigma = float(change.std(ddof=1))
    np.testing.assert_allclose(sigma, expected["sigma"], **exact)
    buy = size * buy_share(change, sigma)
    sell = size - buy
    np.testing.assert_allclose(buy, expected["buy_volume"], **exact)
    np.testing.assert_allclose(np.abs(buy - sell), expected["abs_imbalance"], **exact)
    window = item["inputs"]["window"]
    np.testing.assert_allclose(vpin(buy, sell, window)[window - 1 :], expected["vpin"], **exact)


def test_share_follows_the_distribution_asked_for() -> None:
    """Normal by default, Student t with few degrees on request; a falling price sells what a rising one buys."""
    change = np.linspace(-3.0, 3.0, 13)
    np.testing.assert_allclose(buy_share(change, 0.5), [NormalDist().cdf(x / 0.5) for x in change], atol=1e-14)
    np.testing.assert_allclose(buy_share(change, 0.5, freedom=0.25), stats.t.cdf(change / 0.5, 0.25), atol=1e-12)
    np.testing.assert_allclose(buy_share(change, 0.5) + buy_share(-change, 0.5), 1.0, atol=1e-14)


def test_share_where_nothing_moves() -> None:
    """No spread: a rise is all buying, a fall all selling, no change half; what is unknown stays so."""
    change = np.array([1.0, -1.0, 0.0, 0.0, np.nan, 1.0])
    sigma = np.array([0.0, 0.0, 0.0, 2.0, 1.0, np.nan])
    np.testing.assert_array_equal(buy_share(change, sigma), [1.0, 0.0, 0.5, 0.5, np.nan, np.nan])


def one_share_at_a_time(volume: np.ndarray, share: np.ndarray, size: int) -> tuple[list[float], list[int]]:
    """Buckets of whole shares, each share with the mark of its bar."""
    shares = [(share[i], i) for i, count in enumerate(volume.astype(int)) for _ in range(count)]
    full = [shares[start : start + size] for start in range(0, len(shares) - size + 1, size)]
    return [sum(mark for mark, _ in bucket) for bucket in full], [bucket[-1][1] for bucket in full]


def test_buckets_equal_the_count_by_shares() -> None:
    """Bars smaller and much larger than a bucket, bars without volume, and a last bucket that is not full."""
    rng = np.random.Generator(np.random.PCG64(3))
    volume = np.where(rng.random(80) < 0.1, 0.0, rng.integers(1, 900, 80)).astype(np.float64)
    share = rng.random(80)
    found = volume_buckets(volume, share, 250.0)
    buy, row = one_share_at_a_time(volume, share, 250)
    assert len(buy) == int(volume.sum() // 250) > 50
    np.testing.assert_allclose(found.buy, buy, rtol=1e-10)
    np.testing.assert_array_equal(found.row, row)
    np.testing.assert_allclose(found.buy + found.sell, 250.0)
    assert len(volume_buckets(volume[:0], share[:0], 250.0).row) == 0


def test_a_bucket_knows_nothing_of_later_bars() -> None:
    """Buckets that were full by a bar keep their bytes when later bars change."""
    rng = np.random.Generator(np.random.PCG64(4))
    volume, share = rng.uniform(1.0, 500.0, 60), rng.random(60)
    other = np.concatenate([volume[:40], volume[40:] * 3.0])
    before, after = volume_buckets(volume, share, 300.0), volume_buckets(other, share, 300.0)
    known = before.row < 40
    assert known.sum() > 20
    assert before.buy[known].tobytes() == after.buy[: known.sum()].tobytes()


@pytest.mark.parametrize(
    ("volume", "share", "size"),
    [([1.0], [0.5], 0.0), ([-1.0], [0.5], 1.0), ([1.0], [1.5], 1.0), ([1.0], [np.nan], 1.0), ([np.nan], [0.5], 1.0)],
)
def test_unusable_input_is_refused(volume: list[float], share: list[float], size: float) -> None:
    """No bucket size, negative or missing volume, shares outside 0..1."""
    with pytest.raises(ValueError, match=r"must be|needs"):
        volume_buckets(np.array(volume), np.array(share), size)


def test_informed_flow_raises_vpin() -> None:
    """Balanced noise stays low; a one-sided stretch fills the measure; without volume there is none."""
    rng = np.random.Generator(np.random.PCG64(7))
    change = rng.normal(0.0, 1.0, 400)
    change[300:] += 2.0
    buy = 100.0 * buy_share(change, 1.0)
    found = vpin(buy, 100.0 - buy, 50)
    assert found[-1] > found[290] + 0.25
    assert np.isnan(vpin(np.zeros(9), np.zeros(9), 3)).all()
