"""The power of the gate as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.characteristic.exact import clopper_pearson, single_test_power
from benchmarks.pipeline.bins import LEVEL, by_truth
from benchmarks.pipeline.record import Record
from benchmarks.pipeline.rules import rate
from market_assets.plots import style


def draw_power(runs: Sequence[Record], path: Path) -> None:
    """Write an SVG: share promoted by true Sharpe ratio with its interval, and the limit of a single test."""
    bins = by_truth(runs)
    lengths = [run.observations for run in runs if run.observations]

    def draw(axes: Any) -> None:
        if lengths:
            low, high = min(-1.0, bins[0].truth if bins else 0.0), max(3.5, bins[-1].truth if bins else 0.0)
            grid = np.linspace(low, high, 120)
            limit = [single_test_power(float(x), round(np.median(lengths)), LEVEL) for x in grid]
            axes.plot(grid, limit, color=style.MUTED, lw=1.2, ls="--", label=f"one t test, level {LEVEL:g}")
        for number, one in enumerate(bins):
            found = rate(one.runs)
            share, (below, above) = found.hits / found.count, clopper_pearson(found.hits, found.count)
            axes.errorbar(
                one.truth,
                share,
                yerr=[[share - below], [above - share]],
                fmt="o",
                color=style.BEST,
                capsize=3,
                label="gate, exact 95 % interval" if number == 0 else None,
            )
        axes.set_xlabel("true annual net Sharpe ratio of the chosen candidate")
        axes.set_ylabel("share promoted")
        axes.set_ylim(-0.03, 1.03)
        if lengths:
            axes.legend(loc="upper left")

    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(style.svg("power", "Promotions by true net Sharpe ratio", draw) + "\n")
