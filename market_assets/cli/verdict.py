"""The verdict for people: candidates, gates, and the sentences of the gates that failed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from market_assets.cli.output import cell, people, table
from market_assets.core.gates.verdict import AWAITING, PROMOTED

if TYPE_CHECKING:
    from market_assets.cli.outcome import Outcome

CANDIDATE_COLUMNS = ("model", "Sharpe", "low", "high", "return", "drawdown", "turnover")


def _number(value: float | None, form: str) -> str:
    return "-" if value is None else format(value, form)


def candidate_rows(candidates: Sequence[Mapping[str, Any]]) -> list[tuple[str, ...]]:
    """One row a candidate: annual Sharpe ratio and its 95 % interval, annual return, drawdown, turnover a day."""
    shape = (
        ("sharpe", ".2f"),
        ("sharpe_low", ".2f"),
        ("sharpe_high", ".2f"),
        ("annual_return", ".1%"),
        ("max_drawdown", ".1%"),
        ("turnover", ".1%"),
    )
    return [(one["name"], *(_number(one["figures"].get(name), form) for name, form in shape)) for one in candidates]


def gate_rows(reasons: Sequence[Mapping[str, Any]]) -> list[tuple[str, ...]]:
    """One row a rule: figure, rule, passed."""
    return [
        (
            reason["gate"],
            cell(reason["value"]),
            f"{reason['comparison']} {reason['threshold']:.4g}",
            "[green]yes[/green]" if reason["passed"] else "[red]no[/red]",
        )
        for reason in reasons
    ]


def print_outcome(outcome: Outcome) -> None:
    """The verdict as tables, and why where it is a refusal."""
    people.print()
    if candidates := outcome.report.get("evidence", {}).get("candidates", []):
        table(
            "Candidates: walk-forward, net of costs, annual (Sharpe with its 95 % interval)",
            CANDIDATE_COLUMNS,
            candidate_rows(candidates),
            right=CANDIDATE_COLUMNS[1:],
        )
    table(
        f"Gates of {outcome.experiment}, snapshot {outcome.snapshot_id}",
        ("gate", "value", "rule", "passed"),
        gate_rows(outcome.reasons),
        right=("value",),
    )
    failed = [reason for reason in outcome.reasons if not reason["passed"]]
    for reason in failed:
        people.print(f"  {reason['gate']}: {reason['text']}", markup=False, highlight=False, soft_wrap=False)
    if outcome.verdict == PROMOTED:
        people.print(f"[bold green]PROMOTED[/bold green]  {outcome.model_version}", highlight=False)
    elif outcome.verdict == AWAITING:
        version = outcome.report["best"]["model_version"]
        people.print(f"[bold cyan]AWAITING APPROVAL[/bold cyan]  {version}", highlight=False)
        people.print(f"  market-assets approve {version} --reviewer NAME --note WHY, then run again", markup=False)
    else:
        people.print(f"[bold yellow]REFUSED[/bold yellow]  by {', '.join(outcome.refused_by)}", highlight=False)
    people.print(f"{outcome.wall_seconds:.1f} s from snapshot to verdict", highlight=False)


def print_report(path: str | None) -> None:
    """Where the page is."""
    if path is not None:
        people.print(f"report: {path}", markup=False, highlight=False)
