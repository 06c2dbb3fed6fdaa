"""Tables of the label search: the best labels after deflation, and the chosen one on the later sessions."""

from __future__ import annotations

from market_assets.reporting import formats as show
from market_assets.reporting.inputs import Payload
from market_assets.reporting.tables import Cell, Table, Tone, figure_cell

SHOWN = 10
SIGNIFICANT = 0.95
_COLUMNS = ("Win rate", "Random wins", "Expectancy", "Random entries", "Lift", "95 % interval")


def note(search: Payload) -> str:
    """What was searched, with which signal and costs, and how many configurations count."""
    signal, tried = search["signal"], len(search["trials"])
    scored = sum(trial["figures"] is not None for trial in search["trials"])
    source = f"walk-forward scores of {show.words(signal['family'])}"
    if signal["source"] != "out_of_fold":
        source = f"the feature {signal['source']}"
    share = show.percent(search["space"]["share"])
    return (
        f"{tried} trials, {scored} of them scored. Entries: {source}; in every session the highest {share} of the "
        f"symbols are bought, the lowest sold, at the {show.words(search['entry'])}. Returns are per trade, after "
        f"{2 * search['side_bp']:g} bp a round trip; lift is what they are above random entries under the same label. "
        f"Deflated: probability that the lift exceeds the best expected of {show.count(search['counted'])} worthless "
        "labels, as many as configurations in the ledger."
    )


def best_table(search: Payload) -> Table:
    """The ten best labels of the earlier sessions, whose lift paid for the search."""
    figures = {trial["number"]: trial for trial in search["trials"]}
    rows = []
    for one in search["ranking"][:SHOWN]:
        trial = figures[one["number"]]
        tone: Tone = "good" if one["probability"] >= SIGNIFICANT else ""
        rows.append(
            (
                Cell(show.words(one["name"]), "strong"),
                *_figures(trial["figures"]),
                figure_cell(show.percent(trial["driftless_win_rate"])),
                figure_cell(show.probability(one["pvalue"])),
                figure_cell(show.probability(one["probability"]), tone),
            )
        )
    return Table(("Label", *_COLUMNS, "Driftless wins", "p after search", "Deflated"), tuple(rows))


def window_table(search: Payload) -> Table:
    """The chosen label where it was chosen and on the sessions after; the cause where it has no figures there."""
    if search["chosen"] is None:
        return Table(("Window",), ())
    first = next(trial["figures"] for trial in search["trials"] if trial["number"] == search["chosen"]["number"])
    rows = []
    for name, found, cause in (
        ("selection", first, ""),
        ("verdict", search["verdict"]["figures"], search["verdict"]["cause"]),
    ):
        window = search["windows"][name]
        rows.append(
            (
                Cell(name, "strong"),
                Cell(f"{window['first']} to {window['last']}"),
                figure_cell(show.count(window["entries"])),
                *(_figures(found) if found else [figure_cell(show.MISSING)] * len(_COLUMNS)),
                figure_cell(show.probability(found["pvalue"] if found else None)),
                Cell(cause),
            )
        )
    return Table(("Window", "Sessions", "Trades", *_COLUMNS, "p of no lift", "Cause"), tuple(rows)).without_empty()


def _figures(found: Payload) -> list[Cell]:
    tone: Tone = "bad" if found["expectancy"] <= 0.0 else ""
    return [
        figure_cell(show.percent(found["win_rate"])),
        figure_cell(show.percent(found["baseline_win_rate"])),
        figure_cell(show.fine_percent(found["expectancy"]), tone),
        figure_cell(show.fine_percent(found["baseline"])),
        figure_cell(show.fine_percent(found["lift"])),
        figure_cell(show.interval(found["low"], found["high"], show.fine_percent)),
    ]
