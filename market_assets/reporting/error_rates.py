"""How often the gate itself is fooled: measured figures that are shipped with it, for every card."""

from __future__ import annotations

import json
from functools import cache
from importlib import resources
from typing import Any

from market_assets.reporting import formats as show
from market_assets.reporting.inputs import Payload
from market_assets.reporting.tables import Cell, Table, figure_cell

FILE = "gate_evidence.json"


@cache
def measured_error_rates() -> Payload:
    """The measurements that ``python -m benchmarks.publish`` wrote: one part a benchmark, none where none was run."""
    text = (resources.files("market_assets.experiments") / FILE).read_text(encoding="utf-8")
    return json.loads(text)


def figures_table(part: Payload) -> Table:
    """Headline figures of one measurement."""
    rows = [
        (Cell(one["name"]), figure_cell(show.plain(one["value"])), Cell(one["unit"]))
        for one in part["figures"]
        if one["value"] is not None
    ]
    return Table(("Measured", "Value", ""), tuple(rows)).without_empty()


def any_table(table: Payload) -> Table:
    """A table of a measurement as it was printed."""
    rows = tuple(tuple(_cell(value) for value in row) for row in table["rows"])
    return Table(tuple(table["columns"]), rows)


def _cell(value: Any) -> Cell:
    if isinstance(value, bool) or value is None:
        return Cell("-" if value is None else "yes" if value else "no")
    return figure_cell(show.plain(value)) if isinstance(value, int | float) else Cell(str(value))
