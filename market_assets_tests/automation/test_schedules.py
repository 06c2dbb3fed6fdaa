"""The monthly schedule, by Dagster's own evaluation."""

from datetime import UTC, datetime

import dagster as dg

from market_assets.assets import keys
from market_assets_tests.worlds import World, failures

TICK = datetime(2018, 1, 1, 6, tzinfo=UTC)


def _tick(world: World, at: datetime) -> dg.RunRequest:
    schedule = world.definitions.resolve_schedule_def("monthly_tiny")
    data = schedule.evaluate_tick(
        dg.build_schedule_context(
            instance=world.instance,
            scheduled_execution_time=at,
            repository_def=world.definitions.get_repository_def(),
        )
    )
    (request,) = data.run_requests
    return request


def test_a_tick_asks_for_one_run_as_of_the_tick(done_world: World) -> None:
    """Run key by month, the experiment's name, and the tick's own time as the as-of date."""
    request = _tick(done_world, TICK)
    assert request.run_key == "tiny-2018-01"
    assert request.run_config["ops"]["run_op"]["config"] == {
        "experiment": "tiny",
        "as_of": "2018-01-01T06:00:00+00:00",
        "symbols": [],
        "refresh_bars": True,
    }
    assert request.tags["market_assets/trigger"] == "schedule"
    assert _tick(done_world, datetime(2018, 2, 1, 6, tzinfo=UTC)).run_key != request.run_key


def test_it_is_off_and_monthly(done_world: World) -> None:
    """Stopped until an operator turns it on; the first of each month at 06:00 UTC."""
    schedule = done_world.definitions.resolve_schedule_def("monthly_tiny")
    assert schedule.default_status == dg.DefaultScheduleStatus.STOPPED
    assert (schedule.cron_schedule, schedule.execution_timezone) == ("0 6 1 * *", "UTC")
    assert schedule.job_name == "run_experiment"


def test_the_run_of_a_tick_goes_to_the_verdict(world: World) -> None:
    """The request's own configuration, executed: bars fetched, a snapshot cut as of the tick, a champion promoted."""
    request = _tick(world, TICK)
    result = world.execute_job("run_experiment", request.run_config["ops"]["run_op"]["config"])
    assert result.success, failures(result)
    (champion,) = world.instance.get_materialized_partitions(keys.champion("tiny"))
    assert champion.startswith("20180101-")
    assert set(world.symbols) == world.instance.get_materialized_partitions(keys.BARS)
