"""Time and memory of a stage."""

import numpy as np
import pytest

from market_assets.assets.measure import measured, peak_rss_mb


def test_figures_are_there_on_the_way_out() -> None:
    """Seconds and peak memory are filled in when the block ends, also by an error."""
    with measured() as figures:
        assert figures == {}
    assert set(figures) == {"seconds", "peak_rss_mb"}
    with pytest.raises(ZeroDivisionError), measured() as failed:
        _ = 1 / 0
    assert failed["seconds"] >= 0


def test_the_peak_is_that_of_the_block() -> None:
    """A block that fills 200 MiB shows it, although the memory is free again at its end."""
    with measured() as small:
        pass
    with measured() as large:
        np.ones(200 * 2**20 // 8).sum()
    assert large["peak_rss_mb"] > small["peak_rss_mb"] + 150
    assert peak_rss_mb() > 0
