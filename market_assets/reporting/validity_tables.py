"""Tables of the validity section: coverage of conformal sets, and the best candidate slice by slice."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from market_assets.reporting import formats as show
from market_assets.reporting.inputs import Payload
from market_assets.reporting.tables import Cell, Table, Tone, figure_cell

EVENT = "event day"
EXTREMES = 5
"""Symbols shown at either end of the contributions."""


def coverage_table(validity: Payload) -> Table:
    """Coverage of every candidate by method, and the worst large slice of the method the gate looks at."""
    rows = []
    methods: list[str] = []
    for name, one in validity["coverage"].items():
        methods = list(one["methods"])
        worst = one["worst"]
        rows.append(
            (
                Cell(show.words(name), "strong" if name == validity["best"] else ""),
                *(figure_cell(show.percent(one["methods"][method]["overall"]["coverage"])) for method in methods),
                Cell(worst["slice"] if worst else "no slice is large enough"),
                figure_cell(show.count(worst["rows"] if worst else None)),
                figure_cell(show.percent(worst["coverage"] if worst else None)),
            )
        )
    return Table(("Candidate", *methods, "Worst slice", "Rows", "Its coverage"), tuple(rows))


def stress_table(validity: Payload) -> Table:
    """Inside and outside of every stress window; event days only where the experiment names dates."""
    windows = [one for one in validity["stress"] if one["name"] != EVENT or validity["events"]]
    cards = [card for window in windows for card in (window["inside"], window["outside"])]
    return _cards(("Window", "Sessions"), cards, lambda card: f"{card['kind']}, {card['name']}")


def slice_table(validity: Payload) -> Table:
    """By market regime and by calendar year."""
    cards = [*validity["scorecards"]["by_regime"], *validity["scorecards"]["by_year"]]
    return _cards(("Slice", "Sessions"), cards, lambda card: card["name"])


def symbol_table(validity: Payload) -> Table:
    """The symbols that added most and least to the net return."""
    cards = sorted(validity["scorecards"]["by_symbol"], key=lambda card: -(card["figures"]["mean"] or 0.0))
    shown = cards if len(cards) <= 2 * EXTREMES else [*cards[:EXTREMES], *cards[-EXTREMES:]]
    return _cards(("Symbol", "Sessions"), shown, lambda card: card["name"])


def rival_table(validity: Payload) -> Table:
    """The best candidate against every simple rule over the same sessions."""
    rows = [
        (
            Cell(show.words(one["name"])),
            figure_cell(show.ratio(one["sharpe"])),
            figure_cell(show.fine_percent(one["difference"]), _tone(one["low"], one["high"])),
            figure_cell(show.interval(one["low"], one["high"], show.fine_percent)),
        )
        for one in validity["rivals"]
    ]
    return Table(("Simple rule", "Its Sharpe", "Candidate earns more p.a.", "95 % interval"), tuple(rows))


def bet_table(validity: Payload) -> Table:
    """Labels as bets: what their shape earns without a forecast, and with it."""
    rows = [
        (
            Cell(one["name"]),
            figure_cell(show.count(one["bets"])),
            figure_cell(show.percent(one["win_rate"])),
            figure_cell(show.fine_percent(one["mean"]), _tone(one["low"], one["high"])),
            figure_cell(show.interval(one["low"], one["high"], show.fine_percent)),
        )
        for one in validity["label_bets"]
    ]
    return Table(("Bet", "Bets", "Won", "Net mean of a bet", "95 % interval"), tuple(rows))


def _tone(low: float | None, high: float | None) -> Tone:
    """Green for an interval above zero, red for one below."""
    if low is None or high is None:
        return ""
    return "good" if low > 0 else "bad" if high < 0 else ""


def _cards(head: tuple[str, str], cards: Iterable[Payload], label: Callable[[Payload], str]) -> Table:
    rows = []
    for card in cards:
        get = card["figures"].get
        low, high = get("sharpe_low"), get("sharpe_high")
        rows.append(
            (
                Cell(label(card)),
                figure_cell(show.count(card["n"])),
                figure_cell(show.ratio(get("sharpe")), _tone(low, high)),
                figure_cell(show.interval(low, high, show.ratio)),
                figure_cell(show.fine_percent(get("mean"))),
                figure_cell(show.percent(get("max_drawdown"))),
            )
        )
    return Table((*head, "Sharpe", "95 % interval", "Mean p.a.", "Max drawdown"), tuple(rows))
