"""Which resources and which executor an environment gets: tables, read once."""

from __future__ import annotations

from typing import Any

import dagster as dg

from market_assets.core.errors import BadInputError, Location
from market_assets.resources.artifacts import Artifacts
from market_assets.resources.cache import Cache
from market_assets.resources.clock import Clock
from market_assets.resources.compute import ComputeResource
from market_assets.resources.governance import Governance
from market_assets.resources.warehouse import Warehouse
from market_assets.services.embedded import Endpoints
from market_assets.settings import Settings


def build_resources(settings: Settings, endpoints: Endpoints | None = None) -> dict[str, Any]:
    """Resources by name.

    Without ``endpoints`` the addresses are read from the environment when a run starts, so that the UI shows the
    name of a variable and never a password.
    """
    database: Any = endpoints.database_url if endpoints else dg.EnvVar("MARKET_ASSETS_DATABASE_URL")
    redis: Any = (endpoints.redis_url or "none") if endpoints else dg.EnvVar("MARKET_ASSETS_REDIS_URL")
    return {
        "warehouse": Warehouse(database_url=database),
        "cache": Cache(redis_url=redis),
        "artifacts": Artifacts(root=str(settings.home / "artifacts")),
        "governance": Governance(database_url=database, home=str(settings.home)),
        "compute": ComputeResource(
            device=settings.device, threads=settings.threads, workers=settings.workers, memory_mb=settings.memory_mb
        ),
        "clock": Clock(),
    }


def _celery() -> dg.ExecutorDefinition:
    from dagster_celery import celery_executor  # pyright: ignore[reportMissingImports] - the extra "scale-out"

    return celery_executor.configured(
        {
            "broker": {"env": "MARKET_ASSETS_CELERY_BROKER"},
            "backend": {"env": "MARKET_ASSETS_CELERY_BACKEND"},
        }
    )


EXECUTORS = {
    "in_process": lambda: dg.in_process_executor,
    # forkserver with preload: a spawned step would pay the imports again, every time
    "multiprocess": lambda: dg.multiprocess_executor.configured(
        {"max_concurrent": 2, "start_method": {"forkserver": {"preload_modules": ["market_assets.definitions"]}}}
    ),
    "celery": _celery,
}


def build_executor(settings: Settings) -> dg.ExecutorDefinition:
    """The executor named by ``MARKET_ASSETS_EXECUTOR``; one a run, set here and nowhere else.

    Raises
    ------
    BadInputError
        rule ``settings_executor``.
    """
    if settings.executor not in EXECUTORS:
        raise BadInputError(
            "settings_executor",
            f"{settings.executor!r} is not an executor; use {', '.join(EXECUTORS)}",
            Location(column="MARKET_ASSETS_EXECUTOR"),
        )
    return EXECUTORS[settings.executor]()
