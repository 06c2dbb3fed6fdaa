"""The plots of a report as inline SVG."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from market_assets.plots import style
from market_assets.reporting.formats import words
from market_assets.reporting.inputs import Payload, ReportSeries


def equity(series: ReportSeries, best: str | None) -> str:
    """Growth of 1 of every candidate and baseline, on a logarithmic scale."""

    def draw(axes: Any) -> None:
        for name, net in series.baselines.items():
            axes.plot(series.sessions, _growth(net), color=style.MUTED, lw=0.9, ls=_dash(series, name))
        for name, colour in _colours(list(series.candidates), best).items():
            strong = name == best
            axes.plot(
                series.sessions,
                _growth(series.candidates[name]),
                color=colour,
                lw=2.0 if strong else 1.1,
                zorder=4 if strong else 3,
                label=words(name),
            )
        for name in series.baselines:
            axes.plot([], [], color=style.MUTED, lw=0.9, ls=_dash(series, name), label=words(name))
        axes.set_yscale("log")
        _ticks(axes)
        axes.set_ylabel("growth of 1, net")
        axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.02))

    return style.svg("equity", "Growth of 1, net of costs", draw, height=3.8)


def drawdown(series: ReportSeries, best: str | None, limit: float | None) -> str:
    """Loss from the running peak of every candidate; the best one filled, the gate's limit as a line."""

    def draw(axes: Any) -> None:
        for name, colour in _colours(list(series.candidates), best).items():
            depth = _drawdown(series.candidates[name]) * 100.0
            if name == best:
                axes.fill_between(series.sessions, depth, 0.0, color=colour, alpha=0.25, lw=0)
            axes.plot(series.sessions, depth, color=colour, lw=1.4 if name == best else 0.8, label=words(name))
        if limit is not None:
            name = f"limit of the gate, {-100.0 * limit:g} %".replace("-", "\N{MINUS SIGN}")
            if -100.0 * limit < 2.0 * axes.get_ylim()[0]:  # far below: drawn, it would flatten every curve
                axes.plot([], [], color=style.BAD, lw=1.2, ls="--", label=f"{name} (below)")
            else:
                axes.axhline(-100.0 * limit, color=style.BAD, lw=1.2, ls="--", label=name)
        axes.set_ylabel("drawdown, %")
        axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.02))

    return style.svg("drawdown", "Drawdown from the running peak", draw, height=2.8)


def reliability(reports: Mapping[str, Payload], best: str | None) -> str:
    """Observed frequency against the mean forecast of every family; the diagonal is perfect calibration.

    The area of a point is the share of forecasts in its bin: a bin of few forecasts says little.
    """

    def draw(axes: Any) -> None:
        axes.plot([0, 1], [0, 1], color=style.MUTED, lw=1.0, ls="--", label="perfect")
        lows, highs = [], []
        for name, colour in _colours(list(reports), best).items():
            bins = reports[name]["calibrated"]["bins"]
            forecast = [part["mean_forecast"] for part in bins]
            frequency = [part["frequency"] for part in bins]
            lows += [*forecast, *frequency]
            highs += [*forecast, *frequency]
            strong = name == best
            layer = 4 if strong else 3
            axes.plot(forecast, frequency, color=colour, lw=2.0 if strong else 1.0, label=words(name), zorder=layer)
            total = max(1, sum(part["count"] for part in bins))
            areas = [4.0 + 240.0 * part["count"] / total for part in bins]
            axes.scatter(forecast, frequency, s=areas, color=colour, alpha=0.75, lw=0, zorder=layer)
        low, high = max(0.0, min(lows, default=0.0) - 0.05), min(1.0, max(highs, default=1.0) + 0.05)
        axes.set_xlim(low, high)
        axes.set_ylim(low, high)
        axes.set_xlabel("mean forecast of up")
        axes.set_ylabel("observed frequency")
        axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.02))

    return style.svg("reliability", "Reliability of calibrated probabilities", draw, width=5.6, height=3.4)


def sharpe_bars(name: str, title: str, axis: str, sharpes: Sequence[float | None]) -> str:
    """One bar a fold or path; a failed one is marked, never drawn as zero."""

    def draw(axes: Any) -> None:
        for place, value in enumerate(sharpes, start=1):
            if value is None:
                axes.text(place, 0.0, "×", color=style.BAD, ha="center", va="center", fontsize=14)
            else:
                axes.bar(place, value, color=style.GOOD if value > 0 else style.BAD, width=0.7)
        axes.axhline(0.0, color=style.INK, lw=0.8)
        axes.set_xticks(range(1, len(sharpes) + 1))
        axes.grid(axis="x", visible=False)
        axes.set_xlabel(axis)
        axes.set_ylabel("annual Sharpe, net")

    return style.svg(name, title, draw, width=5.6, height=2.8)


def pbo_histogram(logits: NDArray[np.float64], pbo: float | None) -> str:
    """Logits of the in-sample winner's out-of-sample rank; the share at or below zero is PBO.

    Logits take as many values as there are ranks, so each value gets its own bar.
    """
    values, counts = np.unique(np.round(logits, 9), return_counts=True)
    gap = float(np.min(np.diff(values))) if len(values) > 1 else 1.0

    def draw(axes: Any) -> None:
        share = counts / max(1, counts.sum()) * 100.0
        colours = [style.BAD if value <= 0 else style.GOOD for value in values]
        axes.bar(values, share, width=0.8 * gap, color=colours)
        axes.axvline(0.0, color=style.INK, lw=1.0, ls="--")
        axes.grid(axis="x", visible=False)
        axes.set_xlabel("logit of the out-of-sample rank of the in-sample best")
        axes.set_ylabel("splits, %")
        if pbo is not None:
            axes.set_title(f"PBO {pbo:.3f}: share of splits at or below 0", fontsize=10, loc="left")

    return style.svg("pbo", "Distribution of CSCV logits", draw, width=5.6, height=2.8)


_DASHES: tuple[Any, ...] = ((0, (1, 1)), (0, (3, 2)), (0, (6, 2)), (0, (6, 2, 1, 2)), (0, (9, 3)), "-")


def _dash(series: ReportSeries, name: str) -> Any:
    return _DASHES[list(series.baselines).index(name) % len(_DASHES)]


def _growth(net: NDArray[np.float64]) -> NDArray[np.float64]:
    grown = np.cumprod(1.0 + net)
    return np.where(grown > 0.0, grown, np.nan)  # a ruined account has no place on a logarithmic scale


def _drawdown(net: NDArray[np.float64]) -> NDArray[np.float64]:
    grown = np.cumprod(1.0 + net)
    return grown / np.maximum.accumulate(np.maximum(grown, 1.0)) - 1.0


def _colours(names: Sequence[str], best: str | None) -> dict[str, str]:
    """A colour a name, the best one always in the same; the best is listed first."""
    ordered = sorted(names, key=lambda name: name != best)
    rest = iter(style.OTHERS * (1 + len(names) // len(style.OTHERS)))
    return {name: style.BEST if name == best else next(rest) for name in ordered}


def _ticks(axes: Any) -> None:
    """Ticks on round values: a logarithmic axis over less than a decade has too few of its own."""
    from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator

    low, high = axes.get_ylim()
    rounded = MaxNLocator(7, steps=[1, 2, 2.5, 5, 10])
    axes.yaxis.set_major_locator(rounded if high < 10.0 * low else LogLocator(subs=(1.0, 2.0, 5.0)))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _position: f"{value:g}"))
