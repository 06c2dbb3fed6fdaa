"""The section on what feature families bring, the same in the report and as a document of its own."""

from __future__ import annotations

from market_assets.core.validity.ablation import ALPHA
from market_assets.plots.ablation_charts import lift_intervals
from market_assets.reporting import formats as show
from market_assets.reporting.inputs import Payload
from market_assets.reporting.sections import Block, Section
from market_assets.reporting.tables import Cell, Table, Tone, figure_cell

_FIGURES = {
    "sharpe": ("net Sharpe", show.ratio),
    "mean": ("net mean a year", show.percent),
    "auc": ("AUC within a session", show.score),
    "log_loss": ("log loss", show.score),
}
"""What a figure is called and how it is written. A lift is the better part of a difference, also of a loss."""


def ablation_section(payload: Payload) -> Section:
    """Table and intervals of the gated figure; the other figures behind a click."""
    tried = len(payload["lifts"])
    note = (
        f"{show.words(payload['best'])}, its walk-forward folds refitted without a family it has, or with one it has "
        f"not: {show.count(payload['refits'])} refits, each a trial in the ledger. Books and forecasts are resampled "
        f"in pairs. A family shows lift where the interval of the Sharpe ratio lies above zero and its p-value, by "
        f"Holm over {tried} famil{'y' if tried == 1 else 'ies'}, is at most {ALPHA:g}."
    )
    above = "Lifts are above zero where the family makes the figure better."
    blocks = (
        Block("Lift in Sharpe ratio", table=lift_table(payload), plot=lambda: lift_intervals(payload)),
        Block("Every figure", above, figure_table(payload), folded=True),
    )
    return Section("What feature families bring", note, blocks)


def lift_table(payload: Payload) -> Table:
    """One row a family: net Sharpe ratio with and without it, and whether that shows lift."""
    rows = []
    for one in payload["lifts"]:
        found = one["figures"].get("sharpe", {})
        tone: Tone = "good" if one["shown"] else ""
        rows.append(
            (
                Cell(one["family"], "strong"),
                Cell(one["way"]),
                *(figure_cell(show.ratio(found.get(name))) for name in ("with_it", "without", "lift")),
                figure_cell(show.interval(found.get("low"), found.get("high"), show.ratio)),
                figure_cell(show.probability(one["pvalue"])),
                Cell("shown" if one["shown"] else "not shown", tone),
                Cell(one["cause"]),
            )
        )
    columns = ("Family", "Way", "With", "Without", "Lift", "95 % interval", "p by Holm", "Lift shown", "Cause")
    return Table(columns, tuple(rows)).without_empty()


def figure_table(payload: Payload) -> Table:
    """One row a family and figure, with the p-value of that figure alone."""
    rows = []
    for one in payload["lifts"]:
        for name, (title, write) in _FIGURES.items():
            if (found := one["figures"].get(name)) is not None:
                interval = show.interval(found["low"], found["high"], write)
                figures = [write(found[key]) for key in ("with_it", "without", "lift")]
                cells = [figure_cell(text) for text in (*figures, interval, show.probability(found["pvalue"]))]
                rows.append((Cell(one["family"]), Cell(title), *cells))
    return Table(("Family", "Figure", "With", "Without", "Lift", "95 % interval", "p alone"), tuple(rows))
