"""Bring databases and the Dagster instance up to date; run by the ``migrate`` service, safe to run again."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import dagster as dg

from market_assets.core.errors import MarketAssetsError
from market_assets.settings import Settings
from market_assets.stores.migrate import migrate

ROOT = Path(__file__).resolve().parents[1]
POOLS = {"gpu": 1}
"""Limits of named pools; they live in the instance, where the UI can change them later."""


def prepare(settings: Settings, dagster_home: Path) -> tuple[str, ...]:
    """Apply what is missing; returns the names of the migrations applied now.

    ``DAGSTER_HOME`` must name ``dagster_home``.
    """
    if settings.owner_url is None:
        raise SystemExit("MARKET_ASSETS_DATABASE_URL, _OWNER_URL and _DAGSTER_URL must be set")
    applied = migrate(settings.owner_url)
    dagster_home.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(ROOT / "dagster.yaml", dagster_home / "dagster.yaml")
    with dg.DagsterInstance.get() as instance:
        instance.upgrade()
        known = instance.event_log_storage.get_concurrency_keys()
        for pool, limit in POOLS.items():
            if pool not in known:  # a limit that an operator set stays
                instance.event_log_storage.set_concurrency_slots(pool, limit)
    return applied


def main() -> int:
    """Run it with the settings of the environment; 0 = up to date, 3 = a service is missing."""
    try:
        applied = prepare(Settings.from_environment(), Path(os.environ["DAGSTER_HOME"]))
    except MarketAssetsError as error:
        sys.stderr.write(f"{error}\n")
        return 3
    sys.stdout.write(f"migrations applied: {', '.join(applied) or 'none, all there'}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
