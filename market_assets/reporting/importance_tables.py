"""Tables of the importance report: agreement of folds, and what the most used features add and lose."""

from __future__ import annotations

from market_assets.plots.feature_charts import most_used
from market_assets.reporting import formats as show
from market_assets.reporting.feature_tables import signed
from market_assets.reporting.inputs import Payload
from market_assets.reporting.tables import Cell, Table, Tone, figure_cell

SHOWN = 20


def importance_note(payload: Payload) -> str:
    """What was measured, and how to read it."""
    top, between = payload["spec"]["top"], payload["between"]
    families = "" if between is None else f" Between families the order of gain correlates by {between:.2f}."
    return (
        f"Gain in every fold; loss on walk-forward test rows when a feature is shuffled; exact additive contributions "
        f"(SHAP) on such rows. Stability is that of the first {top} features by gain (Nogueira et al. 2018): 1 for "
        f"equal sets, 0 for random ones. Folds share training rows, so it is high by construction.{families}"
    )


def stability_table(payload: Payload) -> Table:
    """One row a model family: how far its folds agree on gain, on the first features, on what a shuffle costs."""
    rows = []
    for family, one in payload["families"].items():
        top = one["top"] or dict.fromkeys(("value", "low", "high", "overlap", "chance"))
        rows.append(
            (
                Cell(show.words(family), "strong"),
                figure_cell(show.count(one["folds"])),
                figure_cell(show.count(one["used"])),
                figure_cell(show.ratio(top["value"])),
                figure_cell(show.interval(top["low"], top["high"], show.ratio)),
                figure_cell(f"{show.percent(top['overlap'])} ({show.percent(top['chance'])})"),
                figure_cell(show.ratio(one["gain_correlation"])),
                figure_cell(show.ratio(one["contribution_correlation"])),
                figure_cell(show.ratio(one["permutation_correlation"])),
                Cell(one["cause"]),
            )
        )
    columns = (
        "Family",
        "Folds",
        "Features used",
        "Stability",
        "95 % interval",
        "Overlap (by chance)",
        "Order by gain",
        "by contribution",
        "by shuffle",
        "Cause",
    )
    return Table(columns, tuple(rows)).without_empty()


def contribution_table(payload: Payload, count: int = SHOWN) -> Table:
    """Share of the mean absolute contribution by family, with the direction in which a higher value moves the score."""
    families = list(payload["families"])
    rows = []
    for one in most_used(payload, count):
        cells = [Cell(one["name"])]
        for family in families:
            model = one["models"][family]
            cells.append(figure_cell(show.percent(model["contribution"]) + _arrow(model["direction"])))
        rows.append(tuple(cells))
    return Table(("Feature", *(show.words(family) for family in families)), tuple(rows))


def permutation_table(payload: Payload, count: int = SHOWN) -> Table:
    """Brier score lost by a shuffle, in 1/10,000, mean over walk-forward folds; red: the model is better without."""
    families = list(payload["families"])
    rows = []
    for one in most_used(payload, count):
        cells = [Cell(one["name"])]
        for family in families:
            value = one["models"][family]["permutation"]
            tone: Tone = "bad" if value is not None and value < 0.0 else ""
            cells.append(figure_cell("not shuffled" if value is None else signed(1e4 * value, 1), tone))
        rows.append(tuple(cells))
    return Table(("Feature", *(show.words(family) for family in families)), tuple(rows))


def _arrow(direction: float | None) -> str:
    if direction is None or abs(direction) < 0.3:
        return ""
    return " ↑" if direction > 0.0 else " ↓"
