"""From a cut snapshot to a verdict: drives the layers and reads what they stored."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from market_assets.assets.locks import GATE_REPORT, label_verdict, leakage_verdict, quality_verdict
from market_assets.automation.drive import LayerRun
from market_assets.automation.jobs import verdict_of
from market_assets.automation.layers import champion_layer, graph_layers
from market_assets.cli.layers import drive, stage_figures
from market_assets.cli.session import Session
from market_assets.core.gates.verdict import Verdict
from market_assets.experiments.loader import load_data_policy
from market_assets.experiments.spec import Experiment
from market_assets.partitions import SYMBOL


@dataclass(frozen=True)
class Outcome:
    """What a whole run came to; every value is read from stored records.

    ``report`` is the stored gate report, empty when a gate before it closed; ``reasons`` are those of the gate that
    decided.
    """

    experiment: str
    snapshot_id: str
    verdict: str
    refused_by: tuple[str, ...]
    model_version: str | None
    reasons: tuple[Mapping[str, Any], ...]
    report: dict[str, Any]
    runs: tuple[LayerRun, ...]
    wall_seconds: float

    def payload(self) -> dict[str, Any]:
        """JSON document of ``run --json``; seconds, MiB."""
        stages = stage_figures(self.runs)
        return {
            "experiment": self.experiment,
            "snapshot_id": self.snapshot_id,
            "verdict": self.verdict,
            "refused_by": list(self.refused_by),
            "model_version": self.model_version,
            "reasons": list(self.reasons),
            "candidates": self.report.get("evidence", {}).get("candidates", []),
            "trials": self.report.get("trials", {}),
            "wall_seconds": self.wall_seconds,
            "peak_rss_mb": max((figures.get("peak_rss_mb", 0.0) for figures in stages.values()), default=None),
            "stages": stages,
            "runs": [
                {"layer": run.layer.name, "run_id": run.run_id, "seconds": run.seconds, "success": run.success}
                for run in self.runs
            ],
        }


def run_experiment(session: Session, experiment: Experiment, snapshot_id: str) -> Outcome:
    """Materialize everything below a snapshot and return the verdict.

    Raises
    ------
    RunFailedError
        when a step failed for a reason other than a gate.
    """
    begin = time.perf_counter()
    registered = session.instance.get_dynamic_partitions(str(SYMBOL.name))
    members = session.warehouse.snapshots.get(snapshot_id).symbols
    runs = drive(session, graph_layers(snapshot_id, members, registered, experiment))
    judged = runs[-1].layer.name == "gate"
    if runs[-1].success:
        runs += drive(session, [champion_layer(snapshot_id, experiment)])
    refused = tuple(check for run in runs for check in run.failed_checks)
    stored = session.warehouse.reports.latest(GATE_REPORT, snapshot_id, experiment.name) if judged else None
    champion = session.governance.registry().champion(experiment.name)
    report = stored.payload if stored is not None else {}
    return Outcome(
        experiment=experiment.name,
        snapshot_id=snapshot_id,
        verdict=verdict_of(refused),
        refused_by=refused,
        model_version=None if refused or champion is None else champion.model_version,
        reasons=tuple(
            report["verdict"]["reasons"] if report else _early_reasons(session, experiment, snapshot_id, refused)
        ),
        report=report,
        runs=tuple(runs),
        wall_seconds=round(time.perf_counter() - begin, 3),
    )


def _early_reasons(
    session: Session, experiment: Experiment, snapshot_id: str, refused: tuple[str, ...]
) -> list[Mapping[str, Any]]:
    """Reasons of the quality, leakage and label gates, where those closed."""
    verdicts: list[Verdict] = []
    policy = load_data_policy(session.settings.experiments)
    if any(check.endswith(":quality_gate") for check in refused):
        verdicts.append(quality_verdict(session.warehouse, snapshot_id, policy))
    if any(check.endswith(":leakage_gate") for check in refused):
        verdicts.append(leakage_verdict(session.warehouse, snapshot_id, policy))
    if any(check.endswith(":label_gate") for check in refused):
        verdicts.append(label_verdict(session.warehouse, snapshot_id, experiment))
    return [reason for verdict in verdicts for reason in verdict.to_payload()["reasons"]]
