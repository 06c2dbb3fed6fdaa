"""The monthly schedule: refresh, cut, run. Off until an operator turns it on."""

from collections.abc import Mapping

import dagster as dg

from market_assets.experiments.spec import Experiment


def build_schedules(
    experiments: Mapping[str, Experiment], run_experiment: dg.JobDefinition
) -> list[dg.ScheduleDefinition]:
    """One monthly schedule an experiment; the snapshot is as of the tick, not of the run's start."""
    return [_monthly(name, run_experiment) for name in experiments]


def _monthly(name: str, job: dg.JobDefinition) -> dg.ScheduleDefinition:
    @dg.schedule(
        job=job,
        name=f"monthly_{name}",
        cron_schedule="0 6 1 * *",
        execution_timezone="UTC",
        default_status=dg.DefaultScheduleStatus.STOPPED,
        description=f"On the first of each month at 06:00 UTC: fetch bars and side series, cut a snapshot, run {name} "
        "to its verdict.",
    )
    def monthly(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
        tick = context.scheduled_execution_time
        config = {"experiment": name, "as_of": tick.isoformat(), "symbols": [], "refresh_bars": True}
        return dg.RunRequest(
            run_key=f"{name}-{tick:%Y-%m}",
            run_config={"ops": {"run_op": {"config": config}}},
            tags={"market_assets/trigger": "schedule", "market_assets/experiment": name},
        )

    return monthly
