"""What a benchmark gives: figures with their limits, tables, and one JSON document."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

Number = float | int
Comparison = Literal["<=", ">=", "=="]


@dataclass(frozen=True)
class Limit:
    """What a figure is held against; ``source`` says who set it."""

    comparison: Comparison
    threshold: Number
    source: str

    def holds(self, value: Number) -> bool:
        """Whether a value keeps the limit."""
        if self.comparison == "==":
            return value == self.threshold
        return value <= self.threshold if self.comparison == "<=" else value >= self.threshold


@dataclass(frozen=True)
class Figure:
    """One measured number; ``value`` None means that it could not be measured, which keeps no limit."""

    name: str
    value: Number | None
    unit: str = ""
    limit: Limit | None = None

    @property
    def passed(self) -> bool | None:
        """Whether the limit is kept; None without a limit."""
        if self.limit is None:
            return None
        return self.value is not None and self.limit.holds(self.value)

    @property
    def mark(self) -> str:
        """PASS, FAIL, or nothing."""
        return {None: "", True: "PASS", False: "FAIL"}[self.passed]


@dataclass(frozen=True)
class Table:
    """Details behind the figures."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]


@dataclass(frozen=True)
class Result:
    """Everything one benchmark measured; ``sizes`` says on what."""

    name: str
    title: str
    sizes: dict[str, Any]
    figures: tuple[Figure, ...]
    tables: tuple[Table, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether no limit was missed."""
        return all(figure.passed is not False for figure in self.figures)

    def to_payload(self) -> dict[str, Any]:
        """JSON form."""
        return {
            "benchmark": self.name,
            "title": self.title,
            "sizes": self.sizes,
            "passed": self.passed,
            "figures": [
                {
                    "name": figure.name,
                    "value": figure.value,
                    "unit": figure.unit,
                    "limit": None if figure.limit is None else f"{figure.limit.comparison} {figure.limit.threshold}",
                    "source": None if figure.limit is None else figure.limit.source,
                    "passed": figure.passed,
                }
                for figure in self.figures
            ],
            "tables": [
                {"title": one.title, "columns": list(one.columns), "rows": [list(row) for row in one.rows]}
                for one in self.tables
            ],
        }


def figure_rows(figures: Sequence[Figure]) -> list[tuple[Any, ...]]:
    """Rows of the printed table: figure, value, unit, limit, PASS or FAIL."""
    return [
        (
            figure.name,
            figure.value,
            figure.unit,
            "" if figure.limit is None else f"{figure.limit.comparison} {figure.limit.threshold:g}",
            figure.mark,
        )
        for figure in figures
    ]
