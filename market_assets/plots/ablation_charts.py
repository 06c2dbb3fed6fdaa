"""The plot of an ablation as SVG, from the payload as it is stored."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from market_assets.plots import style

Payload = Mapping[str, Any]


def lift_intervals(payload: Payload) -> str:
    """Lift in net Sharpe ratio of every family with its 95 % interval; one without figures is marked, never zero."""
    lifts = payload["lifts"]

    def draw(axes: Any) -> None:
        for row, one in enumerate(lifts):
            found = one["figures"].get("sharpe")
            if found is None:
                axes.text(0.0, row, "\N{MULTIPLICATION SIGN}", color=style.BAD, ha="center", va="center", fontsize=14)
                continue
            colour = style.GOOD if one["shown"] else style.BAD if found["high"] < 0.0 else style.MUTED
            axes.plot([found["low"], found["high"]], [row, row], color=colour, lw=2.0, solid_capstyle="butt")
            axes.plot([found["lift"]], [row], "o", color=colour, ms=6)
        axes.axvline(0.0, color=style.INK, lw=0.8)
        axes.set_yticks(range(len(lifts)), [f"{one['family'].replace('_', ' ')}, {one['way']}" for one in lifts])
        axes.set_ylim(len(lifts) - 0.4, -0.6)
        axes.grid(axis="y", visible=False)
        axes.set_xlabel("annual net Sharpe ratio with the family less without it")

    return style.svg("lift", "Lift of every feature family", draw, height=0.9 + 0.3 * max(len(lifts), 1))
