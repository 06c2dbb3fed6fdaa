"""The registry as a document: every family and feature with what it declares."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from market_assets.core.features.base import Family

COLUMNS = ("feature", "formula", "source", "inputs", "look-back")
INTRODUCTION = (
    "Made by `make docs` from the registry; edit the declarations, not this file. Inputs are columns of the adjusted "
    "bars; `market`, `sector` and `level` say that the bars of all tradable symbols, of the sector's, or of context "
    "series such as the VIX are read beside the symbol's own; `side:` names a series beside the bars, as last known at "
    "the close; where a snapshot does not hold it, what reads it has no value. Look-back: earlier bars after which the "
    "feature is defined; `+` marks exponentially weighted features, which remember longer with vanishing weight. Tests "
    "hold every feature to its inputs and look-back, and every run proves that none sees the future. `core` families "
    "may stand in any experiment; an `optional` one is switched on by an ablation that shows lift."
)


def rows(family: Family) -> list[tuple[str, str, str, str, str]]:
    """Name, formula, source, inputs and look-back of every feature, as text."""
    return [
        (name, item.formula, item.source, ", ".join(item.inputs), f"{item.reach}{'+' if item.recursive else ''}")
        for name, item in family.features.items()
    ]


def document(families: Iterable[Family]) -> list[dict[str, Any]]:
    """The same for programs: JSON-able, one entry a family."""
    return [
        {
            "family": family.name,
            "version": family.version,
            "tier": family.tier,
            "lookback": family.lookback,
            "features": [
                {
                    "name": name,
                    "formula": item.formula,
                    "source": item.source,
                    "inputs": list(item.inputs),
                    "lookback": item.reach,
                    "recursive": item.recursive,
                }
                for name, item in family.features.items()
            ],
        }
        for family in families
    ]


def markdown(families: Iterable[Family]) -> str:
    """One table a family, ending with a newline."""
    shown = list(families)
    total = sum(len(family.features) for family in shown)
    lines = ["# Features", "", INTRODUCTION, "", f"{total} features in {len(shown)} families.", ""]
    for family in shown:
        lines += [
            f"## {family.name}",
            "",
            f"{len(family.features)} features, tier `{family.tier}`, version {family.version}, look-back "
            f"{family.lookback}.",
            "",
            f"| {' | '.join(COLUMNS)} |",
            f"|{'---|' * len(COLUMNS)}",
            *(f"| `{row[0]}` | {' | '.join(_escape(text) for text in row[1:])} |" for row in rows(family)),
            "",
        ]
    return "\n".join(lines)


def _escape(text: str) -> str:
    """A bar ends a cell, a star begins emphasis."""
    return text.replace("|", "\\|").replace("*", "\\*")
