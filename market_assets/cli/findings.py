"""What a doctor looks at: the machine, the services, and the records that runs left."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from market_assets.cli.output import hush
from market_assets.core.errors import IntegrityError, MarketAssetsError
from market_assets.resources.governance import Governance
from market_assets.services.embedded import Endpoints, Services
from market_assets.services.health import check_postgres, check_redis
from market_assets.settings import Settings

if TYPE_CHECKING:
    from market_assets.stores.features import FeatureStore
    from market_assets.stores.labels import LabelStore

MIN_FREE_GIB = 2


@dataclass(frozen=True)
class Finding:
    """One thing looked at."""

    what: str
    ok: bool
    detail: str


def findings(settings: Settings, sweep: bool = False) -> Iterator[Finding]:
    """Look at everything a run needs, cheapest first; what hangs on a missing database is left out.

    With ``sweep`` chunks of features and labels that no block holds are deleted.
    """
    yield Finding("python", sys.version_info >= (3, 11), sys.version.split()[0])
    yield _folder(settings)
    yield _look("experiments", lambda: _experiments(settings))
    yield _look("compute", lambda: _compute(settings))
    yield _look("graph", lambda: _graph(settings))
    yield _look("signing key", lambda: _signing_key(_governance(settings, "")))
    try:
        with Services(settings).running() as endpoints:
            yield from _services(endpoints)
            yield from _records(settings, endpoints, sweep)
    except MarketAssetsError as error:
        yield Finding("services", False, str(error))


def _look(what: str, check: Callable[[], str]) -> Finding:
    try:
        return Finding(what, True, check())
    except (MarketAssetsError, OSError) as error:
        return Finding(what, False, str(error))


def _folder(settings: Settings) -> Finding:
    home = settings.home
    try:
        home.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(home).free / 2**30
    except OSError as error:
        return Finding("state folder", False, f"{home}: {error.strerror}; set MARKET_ASSETS_HOME")
    if not os.access(home, os.W_OK | os.X_OK):
        return Finding("state folder", False, f"{home} is not writable; set MARKET_ASSETS_HOME")
    detail = f"{home}, {free:.1f} GiB free"
    return Finding("state folder", free >= MIN_FREE_GIB, detail if free >= MIN_FREE_GIB else f"{detail}: too little")


def _experiments(settings: Settings) -> str:
    from market_assets.experiments.loader import load_data_policy, load_experiments

    load_data_policy(settings.experiments)
    return ", ".join(load_experiments(settings.experiments))


def _compute(settings: Settings) -> str:
    from market_assets.resources.compute import ComputeResource

    compute = ComputeResource(
        device=settings.device, threads=settings.threads, workers=settings.workers, memory_mb=settings.memory_mb
    ).resolve()
    return (
        f"{compute.device}, {compute.workers} fits side by side, {compute.threads} thread(s) each, "
        f"{compute.memory_mb} MiB"
    )


def _graph(settings: Settings) -> str:
    hush()
    from market_assets.definitions import build

    repository = build(settings).get_repository_def()
    return f"{len(list(repository.assets_defs_by_key))} assets, {len(repository.job_names)} jobs"


def _governance(settings: Settings, database_url: str) -> Governance:
    return Governance(database_url=database_url, home=str(settings.home))


def _signing_key(governance: Governance) -> str:
    from market_assets.governance.signing import load_or_create_key

    if not governance.key_path.exists():
        return "none yet; the first champion makes one"
    return f"key {load_or_create_key(governance.key_path).key_id}, readable by its owner only"


def _services(endpoints: Endpoints) -> Iterator[Finding]:
    for name, url in (
        ("database", endpoints.database_url),
        ("database owner", endpoints.owner_url),
        ("dagster database", endpoints.dagster_url),
    ):
        yield _look(name, lambda url=url: str(check_postgres(url)))
    redis_url = endpoints.redis_url
    if redis_url is None:
        yield Finding("redis", True, "off: everything works, leases ask PostgreSQL")
    else:
        yield _look("redis", lambda: str(check_redis(redis_url)))


def _records(settings: Settings, endpoints: Endpoints, sweep: bool) -> Iterator[Finding]:
    from market_assets.stores.database import Database
    from market_assets.stores.features import FeatureStore
    from market_assets.stores.labels import LabelStore

    database = Database(endpoints.database_url)
    try:
        with database.transaction() as connection:
            row = connection.execute("SELECT to_regclass('audit_log') IS NOT NULL").fetchone()
    except MarketAssetsError:
        return  # said already by the finding of the database
    if not (row and row[0]):
        yield Finding("records", True, "none yet; the first command makes the tables")
        return
    governance = _governance(settings, endpoints.database_url)
    yield _look("audit chain", lambda: _audit_chain(governance))
    yield _look("bundles", lambda: _bundles(governance))
    stores = {"feature": FeatureStore(database), "label": LabelStore(database)}
    for kind, store in stores.items():
        yield _look(f"{kind} chunks", lambda store=store: _chunks(store, sweep))


def _chunks(store: FeatureStore | LabelStore, sweep: bool) -> str:
    """What no block holds is no fault: it costs room, and a later run may take it up again."""
    found = store.sweep() if sweep else store.unheld()
    if not found.chunks:
        return "every one is held by a block"
    said = f"{found.chunks:,} of {found.rows:,} rows are held by no block"
    return f"{said}; deleted" if sweep else f"{said}; doctor --sweep deletes them"


def _audit_chain(governance: Governance) -> str:
    report = governance.audit().verify()
    if not report.ok and report.rows + report.anchors > 0:
        raise IntegrityError(report.text)
    return report.text if report.rows else "empty"


def _bundles(governance: Governance) -> str:
    """Every registered version has its bundle; folders of killed writers and unregistered bundles are named."""
    have = {path.name for path in governance.bundles.iterdir()} if governance.bundles.is_dir() else set()
    leftover = sorted(name for name in have if name.startswith("."))
    registered = set(governance.registry().versions())
    problems = {
        "left by a killed run, removed by the next champion": leftover,
        "in no registry": sorted(have - registered - set(leftover)),
        "registered, but the bundle is missing": sorted(registered - have),
    }
    if found := [f"{', '.join(names)}: {why}" for why, names in problems.items() if names]:
        raise IntegrityError("; ".join(found))
    return f"{len(registered)} registered and here"
