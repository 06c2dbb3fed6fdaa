"""The sensors, off at first: drift, which reads a stored report and never computes one, and the conditions."""

from collections.abc import Mapping

import dagster as dg

from market_assets.assets.drift import KIND
from market_assets.experiments.spec import Experiment
from market_assets.resources.cache import Cache
from market_assets.resources.clock import Clock
from market_assets.resources.warehouse import Warehouse

COOLDOWN_SECONDS = 7 * 24 * 3600


def build_sensors(experiments: Mapping[str, Experiment], run_experiment: dg.JobDefinition) -> list[dg.SensorDefinition]:
    """One drift sensor an experiment."""
    return [_drift(name, run_experiment) for name in experiments]


def build_condition_sensor() -> dg.AutomationConditionSensorDefinition:
    """The sensor behind the automation conditions, under Dagster's own name for it."""
    return dg.AutomationConditionSensorDefinition(
        "default_automation_condition_sensor",
        target=dg.AssetSelection.all(),
        default_status=dg.DefaultSensorStatus.STOPPED,
        description="Materializes what has new inputs, layer after layer, as far as the gates are open. Fetching bars "
        "is left to the schedule and to people.",
    )


def _drift(name: str, job: dg.JobDefinition) -> dg.SensorDefinition:
    @dg.sensor(
        job=job,
        name=f"drift_{name}",
        minimum_interval_seconds=300,
        default_status=dg.DefaultSensorStatus.STOPPED,
        description=f"Retrains {name} when the newest stored drift report exceeds its thresholds, at most once a week.",
    )
    def drift(
        context: dg.SensorEvaluationContext, warehouse: Warehouse, cache: Cache, clock: Clock
    ) -> dg.RunRequest | dg.SkipReason:
        report = warehouse.reports.newest(KIND, name)
        if report is None:
            return dg.SkipReason(f"no drift report of {name} is stored")
        if not report.payload["exceeds"]:
            return dg.SkipReason("the newest drift report is within its thresholds")
        if context.cursor == report.content_hash:
            return dg.SkipReason("this drift report was acted on already")
        # Redis only spares PostgreSQL the question; PostgreSQL decides.
        key = f"cooldown:retrain:{name}"
        if cache.get(key) is not None or not warehouse.cooldowns.try_acquire(key, COOLDOWN_SECONDS, clock.now()):
            return dg.SkipReason(f"{name} was retrained within the last {COOLDOWN_SECONDS // 86400} days")
        cache.set(key, b"1", ttl_seconds=COOLDOWN_SECONDS)
        context.update_cursor(report.content_hash)
        config = {"experiment": name, "as_of": "", "symbols": [], "refresh_bars": True}
        return dg.RunRequest(
            # run keys deduplicate for ever: the report's own hash says which drift this run answers
            run_key=f"drift-{name}-{report.content_hash}",
            run_config={"ops": {"run_op": {"config": config}}},
            tags={"market_assets/trigger": "drift", "market_assets/experiment": name},
        )

    return drift
