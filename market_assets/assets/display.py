"""How figures look in the UI. Rounded for reading only: what is stored keeps every digit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

import dagster as dg

from market_assets.core.gates.verdict import Verdict

DIGITS = 6
Key = TypeVar("Key", bound=str)
BOOK_COLUMNS = ("sharpe", "annual_return", "max_drawdown", "turnover", "annual_cost")


def rounded(value: float) -> float:
    """``value`` to six significant digits."""
    return float(f"{value:.{DIGITS}g}")


def numbers(figures: Mapping[str, Any]) -> dict[str, int | float]:
    """The figures that are numbers, rounded; a missing one is left out, so that no plot shows it as zero."""
    kept = {name: value for name, value in figures.items() if isinstance(value, int | float)}
    return {name: rounded(value) if isinstance(value, float) else value for name, value in kept.items()}


def text(value: float | None) -> str:
    """A figure in a table: four digits, ``-`` for a missing one."""
    return "-" if value is None else f"{value:.4g}"


def books(rows: Mapping[str, Mapping[str, Any]], columns: Iterable[str] = BOOK_COLUMNS) -> dg.TableMetadataValue:
    """One row a book, the figures a reader asks for first."""
    chosen = tuple(columns)
    return dg.MetadataValue.table(
        [
            dg.TableRecord({"book": name, **{column: text(row.get(column)) for column in chosen}})
            for name, row in rows.items()
        ]
    )


def describe_partitions(context: dg.AssetExecutionContext, facts: Mapping[Key, Mapping[str, Any]]) -> None:
    """Put figures on the page of each partition of a range run.

    The public ``add_asset_metadata`` reads all dynamic partitions from the database again for every key, 0.1 s each:
    for 46 symbols more than the work itself. The keys are those of this run, so the same record is filled directly.
    """
    step = context.get_step_execution_context()
    for key, figures in facts.items():
        step._metadata_accumulator = step._metadata_accumulator.with_additional_asset_metadata(
            asset_key=context.asset_key, metadata=figures, partition_key=key
        )


def reasons(verdict: Verdict) -> dict[str, dg.TableMetadataValue]:
    """Every rule of a gate as a table under the key ``reasons``; nothing for a verdict without rules."""
    rows = [
        dg.TableRecord(
            {
                "gate": reason.gate,
                "passed": reason.passed,
                "value": text(reason.value),
                "rule": f"{reason.comparison}\N{NO-BREAK SPACE}{reason.threshold:.4g}",
                "why": reason.text,
            }
        )
        for reason in verdict.reasons
    ]
    return {"reasons": dg.MetadataValue.table(rows)} if rows else {}
