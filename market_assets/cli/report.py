"""Writing the gate report of a snapshot: stored records in, one HTML page and one Markdown file out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from market_assets.assets import leakage, quality
from market_assets.assets.backtest import KIND as BACKTEST
from market_assets.assets.backtest import load_returns
from market_assets.assets.diagnostics import FEATURES_KIND, IMPORTANCE_KIND
from market_assets.assets.label_search import KIND as LABEL_SEARCH
from market_assets.assets.locks import ABLATION, GATE_REPORT
from market_assets.assets.predictions import CALIBRATION
from market_assets.assets.sensitivity import KIND as SENSITIVITY
from market_assets.assets.validity import KIND as VALIDITY
from market_assets.automation.drive import LayerRun
from market_assets.cli.layers import stage_figures
from market_assets.cli.session import Session
from market_assets.core.errors import BadInputError
from market_assets.reporting.error_rates import measured_error_rates
from market_assets.reporting.inputs import ReportInput, ReportSeries
from market_assets.reporting.report import render_html, render_markdown


def newest_snapshot(session: Session, experiment: str) -> str:
    """The snapshot of the newest gate report of an experiment.

    Raises
    ------
    BadInputError
        when there is none yet.
    """
    for manifest in reversed(session.warehouse.snapshots.list()):
        if session.warehouse.reports.latest(GATE_REPORT, manifest.snapshot_id, experiment) is not None:
            return manifest.snapshot_id
    raise BadInputError("no_report", f"{experiment} has no gate report yet; `market-assets run` makes one")


def _payload(session: Session, kind: str, snapshot_id: str, experiment: str = "") -> dict[str, Any]:
    stored = session.warehouse.reports.latest(kind, snapshot_id, experiment)
    if stored is None:
        raise BadInputError("no_report", f"snapshot {snapshot_id} has no {kind} report; run the graph first")
    return stored.payload


def _champion(session: Session, experiment: str, gate: dict[str, Any]) -> dict[str, Any] | None:
    if not gate["verdict"]["passed"]:
        return None
    manifest = session.governance.registry().find(gate["best"]["model_version"])
    if manifest is None:
        return None
    return {
        "model version": manifest.model_version,
        "family": manifest.family,
        "snapshot": manifest.snapshot_id,
        "manifest sha256": manifest.digest,
        "code commit": manifest.provenance.commit,
        "source hash": manifest.provenance.source_hash,
        "lock hash": manifest.provenance.lock_hash,
        "bytes": sum(entry.size for entry in manifest.files.values()),
        "slot": experiment,
    }


def _timings(runs: tuple[LayerRun, ...]) -> list[dict[str, Any]]:
    return [{"stage": stage, **figures} for stage, figures in stage_figures(runs).items()]


def write_report(session: Session, experiment: str, snapshot_id: str, runs: tuple[LayerRun, ...] = ()) -> Path:
    """Render the stored records of one experiment and snapshot; returns the path of the HTML page."""
    gate = _payload(session, GATE_REPORT, snapshot_id, experiment)
    manifest = session.warehouse.snapshots.get(snapshot_id)
    returns = load_returns(session.warehouse, session.artifacts, snapshot_id, experiment)
    optional = session.warehouse.reports.latest_all(
        (SENSITIVITY, LABEL_SEARCH, ABLATION, FEATURES_KIND, IMPORTANCE_KIND), snapshot_id, experiment
    )
    payloads = {kind: stored.payload for kind, stored in optional.items()}
    data = ReportInput(
        experiment=experiment,
        snapshot={
            "snapshot_id": snapshot_id,
            "as_of": manifest.as_of.isoformat(),
            "symbols": len(manifest.symbols),
            "rows": manifest.rows,
            "first": manifest.first_ts.isoformat(),
            "last": manifest.last_ts.isoformat(),
            "content_hash": manifest.content_hash,
        },
        verdict=gate["verdict"],
        evidence=gate["evidence"],
        series=ReportSeries.from_returns(returns, gate["evidence"]),
        books=_payload(session, BACKTEST, snapshot_id, experiment)["summaries"],
        reliability=_payload(session, CALIBRATION, snapshot_id, experiment),
        quality=_payload(session, quality.KIND, snapshot_id),
        leakage=_payload(session, leakage.KIND, snapshot_id),
        trials=gate["trials"],
        costs=gate["experiment"]["costs"],
        champion=_champion(session, experiment, gate),
        timings=_timings(runs),
        document=gate["experiment"],
        validity=_payload(session, VALIDITY, snapshot_id, experiment),
        sensitivity=payloads.get(SENSITIVITY),
        label_search=payloads.get(LABEL_SEARCH),
        ablation=payloads.get(ABLATION),
        features=payloads.get(FEATURES_KIND),
        importance=payloads.get(IMPORTANCE_KIND),
        error_rates=measured_error_rates(),
    )
    folder = session.settings.home / "reports"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{experiment}-{snapshot_id}.html"
    path.write_text(render_html(data), encoding="utf-8")
    path.with_suffix(".md").write_text(render_markdown(data), encoding="utf-8")
    return path
