"""The command that says what is wrong with an installation."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import typer

from market_assets.cli.options import Json
from market_assets.cli.output import emit, table
from market_assets.core.errors import MarketAssetsError
from market_assets.settings import Settings

MIN_FREE_GIB = 2


@dataclass(frozen=True)
class Finding:
    """One thing looked at."""

    what: str
    ok: bool
    detail: str


def _look(what: str, check: Callable[[], str]) -> Finding:
    try:
        return Finding(what, True, check())
    except MarketAssetsError as error:
        return Finding(what, False, str(error))


def _python() -> str:
    return sys.version.split()[0]


def _folder(settings: Settings) -> Finding:
    settings.home.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(settings.home).free / 2**30
    writable = os.access(settings.home, os.W_OK)
    detail = f"{settings.home}, {free:.1f} GiB free" + ("" if writable else ", NOT writable")
    return Finding("state folder", writable and free >= MIN_FREE_GIB, detail)


def _graph(settings: Settings) -> str:
    from market_assets.definitions import build

    repository = build(settings).get_repository_def()
    return f"{len(list(repository.assets_defs_by_key))} assets, {len(repository.job_names)} jobs"


def _experiments(settings: Settings) -> str:
    from market_assets.experiments.loader import load_data_policy, load_experiments

    load_data_policy(settings.experiments)
    return ", ".join(load_experiments(settings.experiments))


def _compute(settings: Settings) -> str:
    from market_assets.resources.compute import ComputeResource

    compute = ComputeResource(
        device=settings.device, threads=settings.threads, workers=settings.workers, memory_mb=settings.memory_mb
    ).resolve()
    return f"{compute.device}, {compute.workers} fits side by side, {compute.threads} thread(s) each"


def findings(settings: Settings) -> Iterator[Finding]:
    """Look at everything a run needs, cheapest first."""
    from market_assets.services.embedded import running
    from market_assets.services.health import check_postgres, check_redis

    yield Finding("python", sys.version_info >= (3, 11), _python())
    yield _folder(settings)
    yield _look("experiments", lambda: _experiments(settings))
    yield _look("compute", lambda: _compute(settings))
    yield _look("graph", lambda: _graph(settings))
    try:
        with running(settings) as endpoints:
            for name, url in (
                ("database", endpoints.database_url),
                ("database owner", endpoints.owner_url),
                ("dagster database", endpoints.dagster_url.replace("+psycopg2", "")),
            ):
                yield _look(name, lambda url=url: str(check_postgres(url)))
            redis_url = endpoints.redis_url
            if redis_url is None:
                yield Finding("redis", True, "off: everything works, leases are slower")
            else:
                yield _look("redis", lambda: str(check_redis(redis_url)))
    except MarketAssetsError as error:
        yield Finding("services", False, str(error))


def doctor(json: Json = False) -> None:
    """Look at Python, state folder, experiments, device, graph, PostgreSQL and Redis; exit code 3 if one is wrong."""
    rows = list(findings(Settings.from_environment()))
    good = all(row.ok for row in rows)
    if json:
        emit({"ok": good, "findings": [vars(row) for row in rows]})
    else:
        table("Doctor", ("what", "ok", "detail"), [(row.what, row.ok, row.detail) for row in rows])
    if not good:
        raise typer.Exit(3)


def attach(app: typer.Typer) -> None:
    """Add the command to the tool."""
    app.command()(doctor)
