"""The drift sensor: what it reads, what it asks for, and when it waits."""

from datetime import UTC, datetime, timedelta

import dagster as dg
import pytest
from dagster._core.definitions.sensor_definition import SensorExecutionData

from market_assets.assets.drift import KIND
from market_assets.automation.sensors import COOLDOWN_SECONDS
from market_assets.resources.cache import Cache
from market_assets.resources.clock import Clock
from market_assets_tests.worlds import CLEAN_AT, World

NOW = datetime(2018, 5, 1, tzinfo=UTC)
LOST = "redis://127.0.0.1:1/0"


class Ticker:
    """Ticks of the drift sensor at chosen times; the cursor goes from tick to tick, as the daemon keeps it."""

    def __init__(self, world: World, redis_url: str = "none") -> None:
        self.world, self.redis_url, self.cursor = world, redis_url, None

    def tick(self, at: datetime = NOW) -> SensorExecutionData:
        sensor = self.world.definitions.resolve_sensor_def("drift_tiny")
        context = dg.build_sensor_context(
            instance=self.world.instance,
            cursor=self.cursor,
            repository_def=self.world.definitions.get_repository_def(),
            resources={
                "warehouse": self.world.warehouse,
                "cache": Cache(redis_url=self.redis_url),
                "clock": Clock(fixed=at.isoformat()),
            },
        )
        data = sensor.evaluate_tick(context)
        self.cursor = data.cursor
        return data

    def request(self, at: datetime = NOW) -> dg.RunRequest:
        """The one run this tick asks for."""
        data = self.tick(at)
        (request,) = data.run_requests
        return request

    def skipped(self, at: datetime = NOW) -> str:
        """Why this tick asks for nothing."""
        data = self.tick(at)
        assert not data.run_requests
        return data.skip_message


def _drift(world: World, exceeds: bool, number: int = 0) -> str:
    payload = {"exceeds": exceeds, "number": number}
    return world.warehouse.reports.put(KIND, world.snapshot(CLEAN_AT), "tiny", payload)


def test_it_is_off(done_world: World) -> None:
    """Stopped until an operator turns it on, as is every sensor of the code location."""
    sensors = list(done_world.definitions.get_repository_def().sensor_defs)
    assert "drift_tiny" in {sensor.name for sensor in sensors}
    assert {sensor.default_status for sensor in sensors} == {dg.DefaultSensorStatus.STOPPED}


def test_it_skips_without_a_report(fresh_world: World) -> None:
    """No stored report, no run: the sensor computes nothing itself."""
    assert "no drift report" in Ticker(fresh_world).skipped()


def test_it_skips_within_the_thresholds(fresh_world: World) -> None:
    """A report that does not exceed asks for nothing and takes no cooldown."""
    _drift(fresh_world, exceeds=False)
    assert "within its thresholds" in Ticker(fresh_world).skipped()
    assert fresh_world.warehouse.cooldowns.acquired_at("cooldown:retrain:tiny") is None


def test_it_asks_once_for_a_report_that_exceeds(fresh_world: World) -> None:
    """The run key holds the report's own hash, the configuration starts the whole run; the next tick is silent."""
    content_hash = _drift(fresh_world, exceeds=True)
    ticker = Ticker(fresh_world)
    request = ticker.request()
    assert request.run_key == f"drift-tiny-{content_hash}"
    assert request.run_config["ops"]["run_op"]["config"]["experiment"] == "tiny"
    assert request.tags["market_assets/trigger"] == "drift"
    assert ticker.cursor == content_hash
    assert "acted on already" in ticker.skipped(NOW + timedelta(seconds=COOLDOWN_SECONDS))


def test_the_cooldown_is_kept_in_postgresql(fresh_world: World) -> None:
    """A second report within the week waits, even for a sensor that lost its cursor; after the week it runs."""
    _drift(fresh_world, exceeds=True)
    Ticker(fresh_world).request()
    second = _drift(fresh_world, exceeds=True, number=1)
    forgetful = Ticker(fresh_world)
    assert "retrained within the last 7 days" in forgetful.skipped(NOW + timedelta(seconds=COOLDOWN_SECONDS - 1))
    request = forgetful.request(NOW + timedelta(seconds=COOLDOWN_SECONDS))
    assert request.run_key == f"drift-tiny-{second}"


def test_a_new_report_supersedes_the_old_one(fresh_world: World) -> None:
    """Only the newest report counts: drift that is over starts nothing."""
    _drift(fresh_world, exceeds=True)
    _drift(fresh_world, exceeds=False, number=1)
    assert "within its thresholds" in Ticker(fresh_world).skipped()


def test_it_works_with_redis_gone(fresh_world: World, caplog: pytest.LogCaptureFixture) -> None:
    """A Redis that does not answer changes nothing: one run, then the cooldown of PostgreSQL."""
    _drift(fresh_world, exceeds=True)
    Ticker(fresh_world, LOST).request()
    _drift(fresh_world, exceeds=True, number=1)
    assert "retrained within" in Ticker(fresh_world, LOST).skipped(NOW + timedelta(days=1))


def test_redis_spares_the_database_the_question(fresh_world: World, redis_url: str) -> None:
    """With Redis the cooldown is answered from there; the row in PostgreSQL is the one that was taken first."""
    _drift(fresh_world, exceeds=True)
    Ticker(fresh_world, redis_url).request()
    _drift(fresh_world, exceeds=True, number=1)
    assert "retrained within" in Ticker(fresh_world, redis_url).skipped(NOW + timedelta(days=1))
    assert fresh_world.warehouse.cooldowns.acquired_at("cooldown:retrain:tiny") == NOW
    Cache(redis_url=redis_url).set("cooldown:retrain:tiny", b"0", ttl_seconds=0.001)
