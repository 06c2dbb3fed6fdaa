"""Driving the graph layer by layer in this process; every layer is an ordinary Dagster run of the asset job."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import dagster as dg
from dagster._core.storage.tags import ASSET_PARTITION_RANGE_END_TAG, ASSET_PARTITION_RANGE_START_TAG

from market_assets.automation.layers import Layer

QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
"""The event log keeps everything; the terminal belongs to our progress lines."""


@dataclass(frozen=True)
class StepFailure:
    """A step that failed: its name, the error's class and its message."""

    step: str
    error: str
    message: str


@dataclass(frozen=True)
class LayerRun:
    """What one layer's run did."""

    layer: Layer
    run_id: str
    success: bool
    seconds: float
    stages: dict[str, dict[str, float]] = field(default_factory=dict)
    failures: tuple[StepFailure, ...] = ()
    failed_checks: tuple[str, ...] = ()


def run_layer(job: dg.JobDefinition, instance: dg.DagsterInstance, layer: Layer) -> LayerRun:
    """Execute one layer and report its steps; a failed run is returned, not raised."""
    begin = time.perf_counter()
    single = layer.first == layer.last
    result = job.execute_in_process(
        instance=instance,
        asset_selection=list(layer.assets),
        partition_key=layer.first if single else None,
        tags=layer.tags
        if single
        else {
            **layer.tags,
            ASSET_PARTITION_RANGE_START_TAG: layer.first,
            ASSET_PARTITION_RANGE_END_TAG: layer.last,
        },
        run_config={**QUIET, **({"ops": dict(layer.ops)} if layer.ops else {})},
        raise_on_error=False,
    )
    return LayerRun(
        layer=layer,
        run_id=result.run_id,
        success=result.success,
        seconds=round(time.perf_counter() - begin, 3),
        stages=dict(_stages(result)),
        failures=tuple(_failures(result)),
        failed_checks=tuple(
            f"{check.asset_key.to_user_string()}:{check.check_name}"
            for check in result.get_asset_check_evaluations()
            if not check.passed
        ),
    )


def run_layers(
    job: dg.JobDefinition,
    instance: dg.DagsterInstance,
    layers: Sequence[Layer],
    progress: Callable[[LayerRun], None] | None = None,
    begin: Callable[[Layer], None] | None = None,
) -> list[LayerRun]:
    """Execute layers in order and stop after the first that fails; ``begin`` and ``progress`` frame each one."""
    runs: list[LayerRun] = []
    for layer in layers:
        if begin is not None:
            begin(layer)
        runs.append(run_layer(job, instance, layer))
        if progress is not None:
            progress(runs[-1])
        if not runs[-1].success:
            break
    return runs


def _stages(result: dg.ExecuteInProcessResult) -> Iterator[tuple[str, dict[str, float]]]:
    for event in result.get_asset_materialization_events():
        materialization = event.step_materialization_data.materialization
        figures = {
            name: float(materialization.metadata[name].value)  # type: ignore[arg-type]
            for name in ("seconds", "peak_rss_mb")
            if name in materialization.metadata
        }
        if figures:
            yield materialization.asset_key.to_user_string(), figures


def _failures(result: dg.ExecuteInProcessResult) -> Iterator[StepFailure]:
    for event in result.all_events:
        if not event.is_step_failure:
            continue
        data = event.step_failure_data
        error = data.error
        cause = error.cause if error is not None and error.cause is not None else error
        text = data.user_failure_data.description if data.user_failure_data is not None else None
        name = (cause.cls_name if cause is not None else None) or "Failure"
        yield StepFailure(event.step_key or "", name, text or (cause.message.strip() if cause is not None else ""))
