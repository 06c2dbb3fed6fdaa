"""One report, as HTML with inline plots and as Markdown, from stored payloads only."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from typing import Any

import jinja2
from markupsafe import Markup

from market_assets.reporting import (
    charts,
    error_rates,
    label_search_charts,
    label_search_tables,
    opinion_tables,
    sensitivity_tables,
    tables,
    validity_tables,
)
from market_assets.reporting import formats as show
from market_assets.reporting.ablation_section import ablation_section
from market_assets.reporting.diagnostics_section import diagnostics_sections
from market_assets.reporting.inputs import Payload, ReportInput
from market_assets.reporting.readiness import readiness_table
from market_assets.reporting.sections import Section


def render_html(data: ReportInput) -> str:
    """Render one self-contained page: no script, nothing loaded from elsewhere; equal input gives equal bytes."""
    return _environment().get_template("report.html.j2").render(**_context(data), charts=_charts(data))


def render_markdown(data: ReportInput) -> str:
    """Render the same report without its plots."""
    return _environment().get_template("report.md.j2").render(**_context(data))


def render_features(title: str, features: Payload | None, importance: Payload | None) -> str:
    """Render the sections on features and importance alone, as Markdown without plots."""
    return _sections(title, diagnostics_sections(features, importance))


def render_ablation(title: str, ablation: Payload) -> str:
    """Render the section on what feature families bring alone, as Markdown without plots."""
    return _sections(title, [ablation_section(ablation)])


def _sections(title: str, sections: Sequence[Section]) -> str:
    return _environment().get_template("sections.md.j2").render(title=title, sections=sections)


def _context(data: ReportInput) -> dict[str, Any]:
    evidence = data.evidence
    return {
        "experiment": data.experiment,
        "snapshot_id": str(data.snapshot.get("snapshot_id", "")),
        "promoted": data.verdict["passed"] is True,
        "best": show.words(evidence["best"] or "no candidate"),
        "failures": [reason["text"] for reason in data.verdict["reasons"] if not reason["passed"]],
        "gaps": evidence["gaps"],
        "span": _span(data),
        "tiles": _tiles(data),
        "gates": tables.gate_table(data.verdict, evidence["spa_reps"]),
        "candidates": tables.candidate_table(evidence),
        "costs": tables.cost_table(data),
        "cost_model": tables.fact_table(data.costs),
        "calibration": tables.calibration_table(data.reliability),
        "quality": tables.quality_table(data.quality),
        "leakage": tables.leakage_table(data.leakage),
        "snapshot": tables.fact_table(data.snapshot),
        "champion": tables.fact_table(data.champion) if data.champion else None,
        "validity": tables.fact_table(_validity(evidence)),
        "trials": data.trials,
        "timings": tables.timing_table(data.timings),
        "document": json.dumps(data.document, indent=2, sort_keys=True, ensure_ascii=False) if data.document else "",
        "evidence": evidence,
        "readiness": readiness_table(data),
        "coverage": validity_tables.coverage_table(data.validity) if data.validity else None,
        "slices": _slices(data.validity),
        "sensitivity": _sensitivity(data.sensitivity),
        "label_search": _label_search(data.label_search),
        "opinions": _opinions(data.validity),
        "error_rates": _error_rates(data),
        "sections": [
            *([ablation_section(data.ablation)] if data.ablation is not None else []),
            *diagnostics_sections(data.features, data.importance),
        ],
    }


def _opinions(validity: Payload | None) -> dict[str, Any] | None:
    """Second opinions on the best candidate; None without a best one, or where none were asked."""
    if validity is None or not (asked := validity.get("second_opinions")):
        return None
    return {
        "note": opinion_tables.opinion_note(asked),
        "figures": opinion_tables.opinion_table(asked),
        "tests": opinion_tables.significance_table(asked),
    }


def _slices(validity: Payload | None) -> dict[str, tables.Table]:
    """Tables of the best candidate by title; none without a best one."""
    if validity is None or validity["best"] is None:
        return {}
    return {
        "Against simple rules": validity_tables.rival_table(validity),
        "Labels as bets": validity_tables.bet_table(validity),
        "Stress windows": validity_tables.stress_table(validity),
        "By regime and year": validity_tables.slice_table(validity),
        "Symbols that added most and least": validity_tables.symbol_table(validity),
    }


def _sensitivity(sensitivity: Payload | None) -> dict[str, Any] | None:
    """What the section shows; None without a report."""
    if sensitivity is None:
        return None
    return {
        "best": show.words(sensitivity["best"]),
        "refits": show.count(sensitivity["refits"]),
        "spreads": sensitivity_tables.spread_table(sensitivity),
        "variations": sensitivity_tables.variation_table(sensitivity),
        "left_out": ", ".join(show.words(name) for name in sensitivity["left_out"]),
    }


def _label_search(search: Payload | None) -> dict[str, Any] | None:
    """What the section shows; None without a report."""
    if search is None:
        return None
    return {
        "note": label_search_tables.note(search),
        "best": label_search_tables.best_table(search),
        "windows": label_search_tables.window_table(search),
    }


def _error_rates(data: ReportInput) -> list[dict[str, Any]]:
    """Measured error rates, when they are those of the policy that judged."""
    policy = data.document.get("gates", {}).get("promotion", {})
    if data.error_rates is None or data.error_rates["policy_version"] != policy.get("version"):
        return []
    return [
        {
            "title": part["title"],
            "figures": error_rates.figures_table(part),
            "tables": [(one["title"], error_rates.any_table(one)) for one in part["tables"]],
        }
        for part in data.error_rates["parts"]
    ]


_VALIDITY = {
    "observations": "walk-forward sessions",
    "trials": "fits in the ledger",
    "configurations": "configurations among them",
    "deflation_trials": "trials in the deflation",
    "hurdle": "hurdle SR0, annual Sharpe",
    "trial_variance": "variance of trial Sharpe ratios, per period",
    "probabilistic_sharpe": "probabilistic Sharpe against 0",
    "deflated_sharpe": "deflated Sharpe",
    "min_track_record": "minimum track record, sessions",
    "pbo": "PBO",
    "pbo_slope": "slope out of sample on in sample",
    "pbo_loss_probability": "probability of loss of the in-sample best",
    "pbo_blocks": "CSCV blocks",
    "pbo_columns": "CSCV columns",
    "spa_lower": "SPA p-value against cash, lower",
    "spa_consistent": "SPA p-value against cash, consistent",
    "spa_upper": "SPA p-value against cash, upper",
    "spa_equal_weight": "SPA p-value against equal weight, consistent",
    "bootstrap_reps": "bootstrap replications",
    "spa_reps": "SPA replications",
    "mean_block": "mean block, sessions",
    "seed": "seed",
}


def _validity(evidence: Payload) -> dict[str, Any]:
    facts = {}
    for key, label in _VALIDITY.items():
        resampled = key.startswith("spa_") and key != "spa_reps"
        facts[label] = show.p_value(evidence[key], evidence["spa_reps"]) if resampled else evidence[key]
    return facts


def _span(data: ReportInput) -> str:
    sessions = data.series.sessions
    if not len(sessions):
        return show.MISSING
    first, last = (str(session.astype("datetime64[D]")) for session in (sessions[0], sessions[-1]))
    return f"{first} to {last}, {len(sessions):,} sessions"


def _tiles(data: ReportInput) -> list[dict[str, str]]:
    """The figures a reader looks for first: name, value, one line below, and whether its gate passed."""
    evidence = data.evidence
    passed = {reason["gate"]: reason["passed"] for reason in data.verdict["reasons"]}
    limits = {reason["gate"]: reason["threshold"] for reason in data.verdict["reasons"]}

    def tile(label: str, value: str, below: str, gate: str | None = None) -> dict[str, str]:
        tone = "" if gate not in passed else "good" if passed[gate] else "bad"
        return {"label": label, "value": value, "below": below, "tone": tone}

    def bound(gate: str, sign: str, write: show.Format) -> str:
        return f"gate {sign} {write(limits[gate])}" if gate in limits else ""

    sharpe_range = show.interval(evidence["sharpe_low"], evidence["sharpe_high"], show.ratio)
    depth = None if evidence["max_drawdown"] is None else -evidence["max_drawdown"]
    return [
        tile("Net Sharpe, annual", show.ratio(evidence["sharpe"]), f"95 %: {sharpe_range}", "net_sharpe"),
        tile(
            "Deflated Sharpe",
            show.probability(evidence["deflated_sharpe"]),
            bound("deflated_sharpe", "≥", show.ratio),
            "deflated_sharpe",
        ),
        tile("PBO", show.probability(evidence["pbo"]), bound("pbo", "≤", show.ratio), "pbo"),
        tile(
            "SPA p-value",
            show.p_value(evidence["spa_consistent"], evidence["spa_reps"]),
            bound("spa_pvalue", "≤", show.ratio),
            "spa_pvalue",
        ),
        tile("Max drawdown", show.percent(depth), bound("max_drawdown", "≤", show.percent), "max_drawdown"),
        tile("Trials on this data", show.count(data.trials.get("fits")), _configurations(data.trials)),
    ]


def _configurations(trials: Payload) -> str:
    return f"{show.count(trials.get('configurations'))} configurations"


def _charts(data: ReportInput) -> dict[str, Markup]:
    evidence, best = data.evidence, data.evidence["best"]
    limits = {reason["gate"]: reason["threshold"] for reason in data.verdict["reasons"]}
    drawn = {
        "equity": charts.equity(data.series, best),
        "drawdown": charts.drawdown(data.series, best, limits.get("max_drawdown")),
        "folds": charts.sharpe_bars(
            "folds", "Sharpe ratio by walk-forward fold", "walk-forward fold", evidence["fold_sharpes"]
        ),
        "paths": charts.sharpe_bars(
            "paths", "Sharpe ratio by combinatorial path", "combinatorial path", evidence["path_sharpes"]
        ),
    }
    if len(data.series.pbo_logits):
        drawn["pbo"] = charts.pbo_histogram(data.series.pbo_logits, evidence["pbo"])
    if data.reliability:
        drawn["reliability"] = charts.reliability(data.reliability, best)
    if data.label_search is not None:
        drawn["label_money"] = label_search_charts.money(data.label_search)
        drawn["label_geometry"] = label_search_charts.geometry(data.label_search)
    return {name: Markup(text) for name, text in drawn.items()}


def _markdown_cell(text: str) -> str:
    """Text inside a Markdown table: no markup, no line break, no cell border."""
    escaped = "".join(f"\\{letter}" if letter in "\\`*_[]<>|#!" else letter for letter in text)
    return " ".join(escaped.split())


def _markdown_table(table: tables.Table) -> str:
    if not table.rows:
        return "none"
    rules = ["---:" if table.right(column) else "---" for column in range(len(table.columns))]
    lines = [table.columns, rules, *([_markdown_cell(cell.text) for cell in row] for row in table.rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("market_assets.reporting"),
        autoescape=lambda name: name is not None and name.endswith(".html.j2"),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["svg"] = Markup
    environment.filters["md"] = _markdown_cell
    environment.filters["md_table"] = _markdown_table
    return environment
