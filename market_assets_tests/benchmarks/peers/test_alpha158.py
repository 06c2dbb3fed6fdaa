"""How Alpha158 columns are held against qlib's, without qlib."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from benchmarks.jobs.feature_peak import high_water_mib
from benchmarks.peers.alpha158 import deviations
from benchmarks.peers.qlib_alpha import write_store
from benchmarks.peers.random_panel import age_of_rows, random_panel
from market_assets.core.market.panel import VALUE_COLUMNS

NAMES = ("MA5", "MA10", "CORR5")


def values() -> np.ndarray:
    """Three columns of 400 rows."""
    return np.random.Generator(np.random.PCG64(3)).normal(1.0, 2.0, (400, 3))


def test_float32_noise_is_equal() -> None:
    """Rounding to float32 passes in every column."""
    theirs = values().astype(np.float32).astype(np.float64)
    found = deviations(NAMES, values(), theirs)
    assert [(count, equal) for count, _, _, equal in found.values()] == [(2, True), (1, True)]


def test_one_wrong_row_is_seen() -> None:
    """One row that is off by a hundredth of a deviation, or NaN, makes its column unequal and no other."""
    for wrong in (values()[70, 1] + 0.02, np.nan):
        ours = values()
        ours[70, 1] = wrong
        found = deviations(NAMES, ours, values())
        assert (found["MA"][0], found["MA"][3]) == (1, False)
        assert found["CORR"][3]


def test_store_holds_the_panel(tmp_path: Path) -> None:
    """The files give back the bars exactly, after the number of the first session."""
    panel = random_panel(2, 30, seed=4)
    write_store(panel, tmp_path)
    stored = np.fromfile(tmp_path / "features" / "s0001" / "close.day.bin", "<f4")
    assert stored[0] == 0.0
    np.testing.assert_array_equal(stored[1:].astype(np.float64), panel.close[panel.rows(1)])
    assert len((tmp_path / "calendars" / "day.txt").read_text().split()) == 30


def test_random_panel_is_one() -> None:
    """Bars respect their order, hold float32 values, and the same seed gives the same panel."""
    panel = random_panel(3, 50)
    assert (panel.low <= np.minimum(panel.open, panel.close)).all()
    assert (panel.high >= np.maximum(panel.open, panel.close)).all()
    for name in VALUE_COLUMNS:
        column = getattr(panel, name)
        np.testing.assert_array_equal(column, column.astype(np.float32))
    assert panel.content_hash() == random_panel(3, 50).content_hash() != random_panel(3, 50, seed=1).content_hash()
    assert age_of_rows(panel).tolist() == [*range(50)] * 3


def test_high_water_follows_what_was_held() -> None:
    """A block of 64 MiB that is written and dropped stays in the figure."""
    before = high_water_mib()
    block = np.ones(int((before + 64.0) * 2**17))
    del block
    assert high_water_mib() >= before + 32.0
