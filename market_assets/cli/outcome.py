"""From a cut snapshot to a verdict: drives the layers and reads what they stored."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from market_assets.assets.locks import GATE_REPORT
from market_assets.automation.drive import LayerRun, run_layer, run_layers
from market_assets.automation.layers import champion_layer, graph_layers
from market_assets.cli.output import people, progress, table
from market_assets.cli.session import Session
from market_assets.core.errors import MarketAssetsError
from market_assets.experiments.spec import Experiment
from market_assets.partitions import SYMBOL


class RunFailedError(MarketAssetsError):
    """A run failed for a reason that is not a gate's refusal. Exit code 1."""


@dataclass(frozen=True)
class Outcome:
    """What a whole run came to; every value is read from stored records."""

    experiment: str
    snapshot_id: str
    verdict: str
    refused_by: tuple[str, ...]
    model_version: str | None
    report: dict[str, Any]
    runs: tuple[LayerRun, ...]
    wall_seconds: float

    def payload(self) -> dict[str, Any]:
        """JSON document of ``run --json``."""
        return {
            "experiment": self.experiment,
            "snapshot_id": self.snapshot_id,
            "verdict": self.verdict,
            "refused_by": list(self.refused_by),
            "model_version": self.model_version,
            "reasons": self.report.get("verdict", {}).get("reasons", []),
            "candidates": self.report.get("evidence", {}).get("candidates", []),
            "trials": self.report.get("trials", {}),
            "wall_seconds": self.wall_seconds,
            "stages": {name: figures for run in self.runs for name, figures in run.stages.items()},
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
    layers = graph_layers(snapshot_id, members, registered, experiment)
    runs = run_layers(session.job, session.instance, layers, progress=show)
    if runs[-1].success:
        runs.append(run_layer(session.job, session.instance, champion_layer(snapshot_id, experiment)))
        show(runs[-1])
    refused = tuple(check for run in runs for check in run.failed_checks)
    if not runs[-1].success and not refused:
        raise RunFailedError(explain(runs[-1]))
    stored = session.warehouse.reports.latest(GATE_REPORT, snapshot_id, experiment.name)
    champion = session.governance.registry().champion(experiment.name)
    return Outcome(
        experiment=experiment.name,
        snapshot_id=snapshot_id,
        verdict="refused" if refused else "promoted",
        refused_by=refused,
        model_version=None if refused or champion is None else champion.model_version,
        report=stored.payload if stored is not None else {},
        runs=tuple(runs),
        wall_seconds=round(time.perf_counter() - begin, 3),
    )


def explain(run: LayerRun) -> str:
    """What failed, where, and where to look."""
    if not run.failures:
        return f"{run.layer.name}: the run failed before any step; see run {run.run_id} in the UI"
    first = run.failures[0]
    return f"{first.step}: {first.message or first.error} (run {run.run_id} in the UI shows the whole trace)"


def show(run: LayerRun) -> None:
    """One progress line a layer, on stderr."""
    state = "[green]done[/green]" if run.success else "[yellow]stopped[/yellow]"
    checks = f"  gate closed: {', '.join(run.failed_checks)}" if run.failed_checks else ""
    progress.print(f"  {run.layer.name:<12} {state} in {run.seconds:6.1f} s  ({len(run.stages)} stages){checks}")


def print_outcome(outcome: Outcome) -> None:
    """The verdict as tables."""
    people.print()
    if candidates := outcome.report.get("evidence", {}).get("candidates", []):
        columns = ("name", "sharpe", "sharpe_low", "sharpe_high", "annual_return", "max_drawdown", "turnover")
        rows = [[row["name"], *(row["figures"].get(name) for name in columns[1:])] for row in candidates]
        table("Candidates (walk-forward, net of costs)", columns, rows)
    reasons = outcome.report.get("verdict", {}).get("reasons", [])
    table(
        f"Gates of {outcome.experiment} on snapshot {outcome.snapshot_id}",
        ("gate", "value", "rule", "passed", "why"),
        [
            [
                reason["gate"],
                reason["value"],
                f"{reason['comparison']} {reason['threshold']:.4g}",
                reason["passed"],
                reason["text"],
            ]
            for reason in reasons
        ],
    )
    if outcome.verdict == "promoted":
        people.print(f"[bold green]PROMOTED[/bold green]  {outcome.model_version}")
    else:
        people.print(f"[bold yellow]REFUSED[/bold yellow]  by {', '.join(outcome.refused_by)}")
    people.print(f"wall time {outcome.wall_seconds:.1f} s")
