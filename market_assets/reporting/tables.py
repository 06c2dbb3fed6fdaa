"""The tables of a report: payloads to rows of text, the same for HTML and Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from market_assets.reporting import formats as show
from market_assets.reporting.inputs import Payload, ReportInput

Tone = Literal["", "good", "bad", "warn", "strong"]


@dataclass(frozen=True)
class Cell:
    """Text of one cell, how to tint it, and whether it is a figure (set right)."""

    text: str
    tone: Tone = ""
    figure: bool = False

    @property
    def long(self) -> bool:
        """Whether the text needs room to wrap in."""
        return len(self.text) > 40


@dataclass(frozen=True)
class Table:
    """Heading of each column and rows of cells."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]

    def without_empty(self) -> Table:
        """The same table without the columns in which no row says anything."""
        kept = [k for k in range(len(self.columns)) if not self.rows or any(row[k].text for row in self.rows)]
        return Table(tuple(self.columns[k] for k in kept), tuple(tuple(row[k] for k in kept) for row in self.rows))

    def right(self, column: int) -> bool:
        """Whether a column holds figures."""
        return any(row[column].figure for row in self.rows)


def figure_cell(text: str, tone: Tone = "") -> Cell:
    """A cell that holds a figure."""
    return Cell(text, tone, figure=True)


def gate_table(verdict: Payload, replications: int) -> Table:
    """Every rule of the promotion gate, each figure in its own unit; ``replications`` are those of SPA."""
    formats = {**_GATES, "spa_pvalue": ("SPA p-value", lambda value: show.p_value(value, replications))}
    rows = []
    for reason in verdict["reasons"]:
        tone: Tone = "good" if reason["passed"] else "bad"
        label, write = formats.get(reason["gate"], (show.words(reason["gate"]), show.plain))
        limit = show.plain if reason["gate"] == "spa_pvalue" else write
        rows.append(
            (
                Cell("passed" if reason["passed"] else "failed", tone),
                Cell(label, "strong"),
                figure_cell(write(reason["value"]), tone),
                figure_cell(f"{_SIGNS[reason['comparison']]} {limit(reason['threshold'])}"),
                Cell(reason["text"]),
            )
        )
    return Table(("Result", "Rule", "Value", "Threshold", "In words"), tuple(rows))


_GATES: Mapping[str, tuple[str, show.Format]] = {
    "complete": ("figures missing", show.count),
    "observations": ("observations", show.count),
    "net_sharpe": ("net Sharpe, annual", show.ratio),
    "sharpe_interval_low": ("its 95 % lower end", show.ratio),
    "deflated_sharpe": ("deflated Sharpe", show.probability),
    "pbo": ("PBO", show.probability),
    "max_drawdown": ("max drawdown", show.percent),
    "positive_paths": ("positive paths", show.percent),
    "positive_folds": ("positive folds", show.percent),
    "conformal_coverage": ("worst coverage gap", show.percent),
}
_SIGNS = {">=": "≥", "<=": "≤", "==": "="}


def candidate_table(evidence: Payload) -> Table:
    """Every candidate over the walk-forward span with its bootstrap intervals, best Sharpe ratio first."""
    rows = []
    order = sorted(evidence["candidates"], key=lambda one: -(one["figures"].get("sharpe") or float("-inf")))
    for one in order:
        get = one["figures"].get
        label = show.words(one["name"]) + (" (never traded)" if one["idle"] else "")
        rows.append(
            (
                Cell(label, "strong" if one["name"] == evidence["best"] else ""),
                figure_cell(show.ratio(get("sharpe"))),
                figure_cell(show.interval(get("sharpe_low"), get("sharpe_high"), show.ratio)),
                figure_cell(show.percent(get("annual_return"))),
                figure_cell(show.interval(get("annual_mean_low"), get("annual_mean_high"), show.percent)),
                figure_cell(show.percent(get("volatility"))),
                figure_cell(show.percent(get("max_drawdown"))),
                figure_cell(show.interval(get("drawdown_low"), get("drawdown_high"), show.percent)),
                figure_cell(show.percent(get("hit_rate"))),
            )
        )
    columns = ("Candidate", "Sharpe", "95 % interval", "Return p.a.", "95 % of mean", "Volatility", "Max drawdown")
    return Table((*columns, "95 % interval", "Winning days"), tuple(rows))


def cost_table(data: ReportInput) -> Table:
    """What trading cost, candidates first, then the simple rules."""
    names = [one["name"] for one in data.evidence["candidates"]]
    names += [name for name in data.books if name not in names]
    rows = []
    for name in names:
        get = data.books.get(name, {}).get
        rows.append(
            (
                Cell(show.words(name), "strong" if name == data.evidence["best"] else ""),
                figure_cell(show.ratio(get("sharpe"))),
                figure_cell(show.percent(get("annual_return"))),
                figure_cell(show.percent(get("max_drawdown"))),
                figure_cell(show.percent(get("turnover"))),
                figure_cell(show.fine_percent(get("annual_cost"))),
                figure_cell(show.percent(get("cost_share"))),
                figure_cell(show.percent(get("exposure"))),
                figure_cell(show.percent(get("net_exposure"))),
            )
        )
    columns = ("Book", "Sharpe", "Return p.a.", "Max drawdown", "Turnover a day", "Cost p.a.")
    return Table((*columns, "Cost of gross profit", "Exposure", "Net exposure"), tuple(rows))


def calibration_table(reliability: Mapping[str, Payload]) -> Table:
    """Brier score and calibration error of every family, before and after calibration."""
    rows = []
    for name, report in reliability.items():
        shown = [report[stage].get(key) for key in ("brier", "ece") for stage in ("raw", "calibrated")]
        figures = [figure_cell(show.score(value)) for value in shown]
        rows.append((Cell(show.words(name)), *figures))
    return Table(("Family", "Brier raw", "Brier calibrated", "ECE raw", "ECE calibrated"), tuple(rows))


def quality_table(quality: Payload) -> Table:
    """One row a rule: how many symbols failed it, and the first example."""
    rules: dict[str, list[tuple[str, Payload]]] = {}
    for entry in quality["symbols"]:
        for rule in entry["rules"]:
            rules.setdefault(rule["rule"], []).append((entry["symbol"], rule))
    rows = []
    for name, results in rules.items():
        failed = [(symbol, rule) for symbol, rule in results if not rule["passed"]]
        severe = any(rule["severity"] == "error" for _, rule in failed)
        tone: Tone = "good" if not failed else "bad" if severe else "warn"
        example = f"{failed[0][0]}: {failed[0][1]['example']}" if failed else ""
        rows.append(
            (
                Cell("passed" if not failed else "failed" if severe else "warning", tone),
                Cell(show.words(name), "strong"),
                Cell(", ".join(sorted({rule["severity"] for _, rule in results}))),
                figure_cell(show.count(len(results))),
                figure_cell(show.count(len(failed))),
                figure_cell(show.count(sum(rule["count"] for _, rule in results))),
                Cell(example),
            )
        )
    columns = ("Result", "Rule", "Severity", "Symbols", "Failing", "Bars marked", "First example")
    return Table(columns, tuple(rows)).without_empty()


def leakage_table(leakage: Payload) -> Table:
    """One row a feature family: what was compared, and what moved."""
    rows = []
    for entry in leakage["families"]:
        moved = entry["violations_count"] if "violations_count" in entry else entry["count"]
        cuts = entry["cuts"]
        rows.append(
            (
                Cell("passed" if entry["passed"] else "failed", "good" if entry["passed"] else "bad"),
                Cell(show.words(entry["family"]), "strong"),
                figure_cell(show.count(cuts if isinstance(cuts, int) else len(cuts))),
                Cell(", ".join(str(variant) for variant in entry.get("variants", ()))),
                figure_cell(show.count(entry.get("compared"))),
                figure_cell(show.count(moved)),
                Cell(show.short_list(list(entry.get("leaks", ())), 10)),
            )
        )
    columns = ("Result", "Feature family", "Cuts", "Future is", "Values compared", "Values that moved", "Leaking")
    return Table(columns, tuple(rows)).without_empty()


def timing_table(timings: Sequence[Payload]) -> Table:
    """Wall time and peak memory of the stages."""
    rows = [
        (
            Cell(str(one["stage"])),
            figure_cell(show.seconds(one.get("seconds"))),
            figure_cell(show.mebibytes(one.get("peak_rss_mb"))),
        )
        for one in timings
    ]
    total = sum(one["seconds"] for one in timings if one.get("seconds") is not None)
    if rows:
        rows.append((Cell("all stages", "strong"), figure_cell(show.seconds(total)), figure_cell("")))
    return Table(("Stage", "Wall time", "Peak memory"), tuple(rows))


def fact_table(facts: Payload) -> Table:
    """Any flat facts, one a row."""
    return Table(("Fact", "Value"), tuple((Cell(show.words(name)), Cell(_fact(facts[name]))) for name in facts))


def _fact(value: Any) -> str:
    if value is None:
        return show.MISSING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return show.count(value)
    if isinstance(value, float):
        return show.plain(value)
    if isinstance(value, list | tuple):
        return f"{len(value)}: {show.short_list([str(item) for item in value])}"
    return str(value)
