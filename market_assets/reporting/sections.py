"""Sections of a page as blocks of sentences, plots and tables, the same in HTML and in Markdown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from market_assets.reporting.tables import Table


@dataclass(frozen=True)
class Block:
    """A heading with one sentence, a plot or none, a table or none; a folded one opens on a click.

    ``plot`` draws the SVG: a document in Markdown shows none and pays for none.
    """

    title: str
    note: str = ""
    table: Table | None = None
    plot: Callable[[], str] | None = None
    folded: bool = False


@dataclass(frozen=True)
class Section:
    """A section of the page."""

    title: str
    note: str
    blocks: tuple[Block, ...]
