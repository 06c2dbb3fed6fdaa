"""Plots of the label search: a share of wins is geometry, money is not."""

from __future__ import annotations

from typing import Any

from market_assets.plots import style
from market_assets.reporting.inputs import Payload

_KINDS = {"triple_barrier": ("triple barrier", "o", style.BEST), "simple": ("simple", "^", style.OTHERS[0])}


def money(search: Payload) -> str:
    """Share of wins against expectancy of every label tried; the line is a driftless walk after costs."""

    def draw(axes: Any) -> None:
        _scatter(axes, search, lambda trial: 100.0 * trial["figures"]["win_rate"], _earned)
        cost = -2.0 * search["side_bp"] / 100.0
        axes.axhline(cost, color=style.MUTED, lw=1.0, ls="--", label="driftless walk after costs")
        axes.axhline(0.0, color=style.INK, lw=0.8)
        axes.set_xlabel("trades won, %")
        axes.set_ylabel("net a trade, %")
        axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.02))

    return style.svg("label_money", "Share of wins and net expectancy of every label tried", draw, height=3.4)


def geometry(search: Payload) -> str:
    """Share of wins of every label with barriers against stop / (profit + stop), of its entries and of random ones."""

    def draw(axes: Any) -> None:
        axes.plot([0, 100], [0, 100], color=style.MUTED, lw=1.0, ls="--", label="driftless walk")
        barriers = [trial for trial in search["trials"] if trial["figures"] and trial["label"]["profit"] is not None]
        expected = [100.0 * trial["driftless_win_rate"] for trial in barriers]
        for key, name, colour in (
            ("baseline_win_rate", "random entries", style.MUTED),
            ("win_rate", "the signal's entries", style.BEST),
        ):
            axes.scatter(expected, [100.0 * one["figures"][key] for one in barriers], s=16, color=colour, label=name)
        axes.set_xlabel("stop / (profit + stop), %")
        axes.set_ylabel("trades won, %")
        axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.02))

    return style.svg("label_geometry", "Share of wins and what the barriers alone would give", draw, height=3.4)


def _earned(trial: Payload) -> float:
    return 100.0 * trial["figures"]["expectancy"]


def _scatter(axes: Any, search: Payload, across: Any, up: Any) -> None:
    chosen = search["chosen"]["number"] if search["chosen"] else None
    for kind, (name, marker, colour) in _KINDS.items():
        found = [one for one in search["trials"] if one["figures"] and one["label"]["kind"] == kind]
        axes.scatter(
            [across(one) for one in found], [up(one) for one in found], s=20, marker=marker, color=colour, label=name
        )
        for one in found:
            if one["number"] == chosen:
                axes.scatter(
                    [across(one)], [up(one)], s=110, color="none", edgecolor=style.GOOD, lw=1.6, label="chosen"
                )
