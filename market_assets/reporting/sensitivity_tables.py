"""Tables of the sensitivity section: every variation of the best candidate, and how far its figures spread."""

from __future__ import annotations

from market_assets.reporting import formats as show
from market_assets.reporting.inputs import Payload
from market_assets.reporting.tables import Cell, Table, Tone, figure_cell

_FIGURES = {"sharpe": show.ratio, "max_drawdown": show.percent, "mean": show.percent}
_NAMES = {"sharpe": "Sharpe", "max_drawdown": "Max drawdown", "mean": "Mean p.a."}


def spread_table(sensitivity: Payload) -> Table:
    """Each figure as it is, its smallest, middle and largest value over the variations, and the worst drop."""
    rows = []
    for one in sensitivity["spreads"]:
        name = one["figure"]
        write = _FIGURES[name]
        rows.append(
            (
                Cell(_NAMES[name], "strong"),
                figure_cell(write(sensitivity["base"][name])),
                *(figure_cell(write(one[key])) for key in ("minimum", "median", "maximum", "worst_drop")),
                Cell(show.words(one["worst"] or show.MISSING)),
                figure_cell(show.percent(one["below_zero"])),
                figure_cell(show.count(one["missing"])),
            )
        )
    columns = ("Figure", "As it is", "Smallest", "Median", "Largest", "Worst drop", "By", "Below zero", "Missing")
    return Table(columns, tuple(rows))


def variation_table(sensitivity: Payload) -> Table:
    """One row a variation; a Sharpe ratio below zero is tinted, a variation that failed has its cause."""
    rows = []
    for run in sensitivity["runs"]:
        found = run["figures"] or {}
        sharpe = found.get("sharpe")
        tone: Tone = "bad" if sharpe is not None and sharpe < 0.0 else ""
        figures = [
            figure_cell(write(found.get(name)), tone if name == "sharpe" else "") for name, write in _FIGURES.items()
        ]
        rows.append((Cell(show.words(run["name"])), *figures, Cell(run["cause"])))
    return Table(("Variation", *_NAMES.values(), "Cause"), tuple(rows)).without_empty()
