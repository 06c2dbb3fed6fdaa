"""From a seal to a verdict on the holdout: the champion of what came before, on what nobody has seen."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from market_assets.assets.diagnostics import FEATURES_KIND
from market_assets.automation.holdout import KIND, as_known, judge_holdout
from market_assets.core.errors import BadInputError
from market_assets.governance.bundle import read_bundle
from market_assets.governance.holdout import HoldoutSpentError, Seal
from market_assets.governance.signing import key_ring, load_public_key, public_key_path
from market_assets.resources.clock import Clock
from market_assets.resources.compute import ComputeResource
from market_assets.stores.database import Database
from market_assets_tests.worlds import SOURCE, World, fetch, open_world

FROM = datetime(2017, 1, 1, tzinfo=UTC)
UNTIL = datetime(2018, 1, 1, tzinfo=UTC)


def test_a_champion_meets_the_holdout_once(services, tmp_path) -> None:
    """Sealed before any snapshot: training sees two years, the champion is traded on the half year after them, once."""
    with open_world(services, tmp_path / "home") as world:
        fetch(world)
        world.governance.holdouts().seal(Seal("half-year", FROM, UNTIL), "Ada", Clock().now())
        clean = world.cut(UNTIL + timedelta(days=30))
        assert world.warehouse.snapshots.get(clean).last_ts < FROM
        last = world.run(clean)[-1]
        assert last.success, last.failures
        features = world.warehouse.reports.latest(FEATURES_KIND, clean, "tiny")
        assert features.payload["last"] < "2017-01-01", "outcomes of the holdout are diagnosed by nobody"
        champion = world.governance.registry().champion("tiny")
        assert champion is not None
        payload = _judge(world, champion.model_version)
        card = payload["card"]
        assert 100 < card["n"] < 130
        assert card["figures"]["sharpe"] > 0, "the planted edge goes on"
        assert card["figures"]["sharpe_low"] < card["figures"]["sharpe"] < card["figures"]["sharpe_high"]
        assert world.warehouse.reports.latest(KIND, clean, "tiny").payload == payload
        with pytest.raises(HoldoutSpentError):
            _judge(world, champion.model_version)
        with pytest.raises(BadInputError, match="sealed holdout"):
            world.warehouse.bars.append(_later(world), Clock().now())
        assert world.governance.audit().verify().ok


def test_what_was_restated_after_the_holdout_does_not_count() -> None:
    """Of two versions the later counts when it was known by then, and the earlier when it was not."""
    day, second = datetime(2017, 6, 1, 21, tzinfo=UTC), datetime(2017, 6, 2, 21, tzinfo=UTC)
    late = UNTIL + timedelta(days=5)
    frame = pl.DataFrame(
        {
            "symbol": ["A"] * 4,
            "ts": [day, day, second, second],
            "known_at": [day, second, second, late],
            "close": [1.0, 2.0, 3.0, 4.0],
        }
    )
    assert as_known(frame, UNTIL)["close"].to_list() == [2.0, 3.0]


def _judge(world: World, version: str) -> dict:
    keys = key_ring([load_public_key(public_key_path(world.governance.key_path))])
    bundle = read_bundle(world.governance.bundles / version, keys)
    return judge_holdout(
        world.warehouse,
        world.governance,
        Database(world.endpoints.owner_url),
        bundle,
        "half-year",
        ComputeResource(device="cpu", workers=1),
        "Ada",
        Clock().now(),
    )


def _later(world: World):
    """Bars of the source inside the sealed range."""
    from market_assets.sources.base import open_source

    frame = open_source(SOURCE).bars(world.symbols)
    return frame.filter(frame["ts"].is_between(FROM, UNTIL))
