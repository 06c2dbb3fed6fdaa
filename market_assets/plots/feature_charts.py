"""Plots of the feature diagnostics and of importance as SVG, from the payloads as they are stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from market_assets.plots import style

Payload = Mapping[str, Any]
COLOURS = (style.BEST, *style.OTHERS)
MARKS = "os^Dv*"
LINES = 8
"""Curves that can be told apart."""


def strongest(payload: Payload, count: int) -> list[Payload]:
    """Features with the largest |t| of the mean coefficient."""
    known = [one for one in payload["features"] if one["t"] is not None]
    return sorted(known, key=lambda one: -abs(one["t"]))[:count]


def standing(payload: Payload, count: int) -> list[Payload]:
    """The same, one feature of each cluster."""
    alone = [one for one in payload["features"] if "redundant" not in one["flags"]]
    return strongest({**payload, "features": alone}, count)


def most_used(payload: Payload, count: int) -> list[Payload]:
    """Features with the largest mean share of contributions over the model families, or of gain where there is none."""
    return sorted(payload["features"], key=lambda one: -_use(one))[:count]


def _use(one: Payload) -> float:
    known = [model["contribution"] for model in one["models"].values() if model["contribution"] is not None]
    return float(np.mean(known)) if known else one["gain"]


def decay(payload: Payload) -> str:
    """Mean coefficient over the horizon of the return, of the strongest features that stand for themselves."""

    def draw(axes: Any) -> None:
        for place, one in enumerate(standing(payload, LINES)):
            values = [np.nan if value is None else value for value in one["decay"]]
            axes.plot(
                payload["horizons"],
                values,
                color=COLOURS[place % len(COLOURS)],
                ls="-" if place < len(COLOURS) else "--",
                lw=1.5,
                label=one["name"],
            )
        axes.axhline(0.0, color=style.INK, lw=0.8)
        axes.axvline(payload["spec"]["horizon"], color=style.MUTED, lw=0.9, ls="--")
        axes.set_xticks([h for h in payload["horizons"] if h == 1 or h % 5 == 0])
        axes.set_xlabel("sessions of return, from the open after the decision on")
        axes.set_ylabel("mean rank coefficient")
        axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.02))

    return style.svg("ic_decay", "Decay of the information coefficient", draw, height=3.6)


def states(payload: Payload, count: int = 20) -> str:
    """Mean coefficient of the strongest features, one of each cluster, by state of the market, with its t."""
    chosen, names = standing(payload, count), list(payload["state_sessions"])

    def draw(axes: Any) -> None:
        values = [[np.nan if (v := one["states"][name]["mean"]) is None else v for name in names] for one in chosen]
        table = np.array(values, dtype=np.float64).reshape(len(chosen), len(names))
        limit = float(np.nanmax(np.abs(table), initial=1e-6))
        axes.pcolormesh(table, cmap="RdBu", vmin=-limit, vmax=limit, edgecolor="white", linewidth=1.0)
        for row, one in enumerate(chosen):
            for column, name in enumerate(names):
                found = one["states"][name]
                if found["mean"] is not None:
                    strong = abs(found["mean"]) > 0.6 * limit
                    text = f"{found['mean']:+.3f}" + (f" ({found['t']:+.1f})" if found["t"] is not None else "")
                    text = text.replace("-", "\N{MINUS SIGN}")
                    colour = "white" if strong else style.INK
                    axes.text(column + 0.5, row + 0.5, text, ha="center", va="center", fontsize=8, color=colour)
        axes.set_xticks(
            np.arange(len(names)) + 0.5, [f"{name}\n{payload['state_sessions'][name]} sessions" for name in names]
        )
        axes.set_yticks(np.arange(len(chosen)) + 0.5, [one["name"] for one in chosen])
        axes.invert_yaxis()
        axes.xaxis.tick_top()
        axes.tick_params(length=0)
        axes.grid(visible=False)
        axes.spines[:].set_visible(False)

    return style.svg("ic_states", "Coefficient by state of the market", draw, height=0.6 + 0.29 * max(len(chosen), 1))


def halves(payload: Payload) -> str:
    """Mean coefficient of every feature in one half of the symbols against the other."""

    def draw(axes: Any) -> None:
        pairs = [[half["mean"] for half in one["halves"]] for one in payload["features"]]
        known = np.array([pair for pair in pairs if None not in pair], dtype=np.float64).reshape(-1, 2)
        limit = 1.1 * float(np.abs(known).max(initial=0.01))
        axes.plot([-limit, limit], [-limit, limit], color=style.MUTED, lw=1.0, ls="--", label="equal")
        axes.axhline(0.0, color=style.INK, lw=0.6)
        axes.axvline(0.0, color=style.INK, lw=0.6)
        axes.scatter(known[:, 0], known[:, 1], s=14, color=style.BEST, alpha=0.7, lw=0, label="feature")
        axes.set_xlim(-limit, limit)
        axes.set_ylim(-limit, limit)
        axes.set_aspect("equal")
        axes.set_xlabel("mean coefficient, half A of the symbols")
        axes.set_ylabel("half B")
        axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.02))

    return style.svg("ic_halves", "Transfer between halves of the universe", draw, height=4.2)


def contributions(payload: Payload, count: int = 20) -> str:
    """Share of the mean absolute contribution of the most used features, one mark a model family."""
    chosen = most_used(payload, count)

    def draw(axes: Any) -> None:
        _dots(axes, chosen, list(payload["families"]), lambda model: model["contribution"], 100.0)
        axes.set_xlim(left=0.0)
        axes.set_xlabel("share of the mean absolute contribution (SHAP), %")

    return style.svg("contributions", "Contributions by feature", draw, height=0.9 + 0.27 * max(len(chosen), 1))


def permutation(payload: Payload, count: int = 20) -> str:
    """Increase of the Brier score when a feature is shuffled, mean over walk-forward folds, one mark a family."""
    chosen = most_used(payload, count)

    def draw(axes: Any) -> None:
        _dots(axes, chosen, list(payload["families"]), lambda model: model["permutation"], 1e4)
        axes.axvline(0.0, color=style.INK, lw=0.8)
        axes.set_xlabel("Brier score lost when shuffled, 1/10,000; left of 0 the model is better without")

    return style.svg("permutation", "Permutation importance", draw, height=0.9 + 0.27 * max(len(chosen), 1))


def _dots(axes: Any, chosen: Sequence[Payload], families: Sequence[str], figure: Any, scale: float) -> None:
    for place, family in enumerate(families):
        rows = [(figure(one["models"][family]), row) for row, one in enumerate(chosen)]
        known = [(scale * value, row) for value, row in rows if value is not None]
        axes.scatter(
            [value for value, _ in known],
            [row for _, row in known],
            s=26,
            marker=MARKS[place % len(MARKS)],
            color=COLOURS[place % len(COLOURS)],
            alpha=0.85,
            lw=0,
            zorder=3,
            label=family.replace("_", " "),
        )
    axes.set_yticks(range(len(chosen)), [one["name"] for one in chosen])
    axes.invert_yaxis()
    axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.02))


def feature_plots(payload: Payload) -> dict[str, str]:
    """Every plot of the feature diagnostics by name; none where no feature has a coefficient."""
    if not strongest(payload, 1):
        return {}
    return {"plot_decay": decay(payload), "plot_states": states(payload), "plot_halves": halves(payload)}


def importance_plots(payload: Payload) -> dict[str, str]:
    """Every plot of the importance report by name."""
    return {"plot_contributions": contributions(payload), "plot_permutation": permutation(payload)}
