"""Layers on the terminal: a line when one begins, a line when it ends, and what a failed one means."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from market_assets.automation.drive import LayerRun, run_layers
from market_assets.automation.layers import Layer
from market_assets.cli.exits import RunFailedError
from market_assets.cli.output import progress, stdout_kept_clean
from market_assets.cli.session import Session

INTERRUPTS = ("KeyboardInterrupt", "DagsterExecutionInterruptedError")


def drive(session: Session, layers: Sequence[Layer]) -> list[LayerRun]:
    """Run layers in order, each with its progress lines; stops after the first that does not succeed.

    Raises
    ------
    KeyboardInterrupt
        when a step was interrupted: Dagster turns that into a failed run.
    RunFailedError
        when a step failed for a reason other than a gate.
    """
    with stdout_kept_clean():
        runs = run_layers(session.job, session.instance, layers, progress=show, begin=announce)
    failed = runs[-1]
    if failed.success or failed.failed_checks:
        return runs
    raise failure(failed)


def announce(layer: Layer) -> None:
    """Say what is running; on a terminal the closing line takes its place."""
    progress.print(f"  {layer.name:<14} running", end="\r" if progress.is_terminal else "\n", highlight=False)


def show(run: LayerRun) -> None:
    """Say how a layer ended.

    Raises
    ------
    KeyboardInterrupt
        when it was interrupted.
    """
    state = "[green]done[/green]   " if run.success else "[yellow]stopped[/yellow]"
    checks = f"  gate closed: {', '.join(run.failed_checks)}" if run.failed_checks else ""
    progress.print(f"  {run.layer.name:<14} {state} {run.seconds:7.1f} s{checks}", highlight=False)
    if any(failed.error in INTERRUPTS for failed in run.failures):
        raise KeyboardInterrupt


def failure(run: LayerRun) -> RunFailedError:
    """What failed, why, and where to look."""
    where = f"(run {run.run_id} in the UI shows the whole trace)"
    if not run.failures:
        return RunFailedError(f"{run.layer.name}: the run failed before any step {where}")
    first = run.failures[0]
    text = first.message.rpartition(f"{first.error}: ")[2] or first.error
    return RunFailedError(f"{first.step}: {' '.join(text.split())} {where}", first.error)


def stage_figures(runs: Iterable[LayerRun]) -> dict[str, dict[str, float]]:
    """Seconds (summed) and peak memory in MiB (largest) of every stage over the runs that had it."""
    total: dict[str, dict[str, float]] = {}
    for run in runs:
        for stage, figures in run.stages.items():
            known = total.setdefault(stage, {})
            for name, value in figures.items():
                known[name] = max(known.get(name, 0.0), value) if name == "peak_rss_mb" else known.get(name, 0) + value
    return total
