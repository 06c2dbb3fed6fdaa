"""One session of the command line: services up, environment set, instance and graph at hand."""

from __future__ import annotations

import logging
import os
import shutil
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import dagster as dg

from market_assets.automation.jobs import ASSET_JOB
from market_assets.core.errors import BadInputError, ServiceUnavailableError
from market_assets.experiments.loader import load_experiments
from market_assets.experiments.spec import Experiment
from market_assets.resources.artifacts import Artifacts
from market_assets.resources.clock import Clock
from market_assets.resources.governance import Governance
from market_assets.resources.warehouse import Warehouse
from market_assets.services.embedded import Endpoints, running
from market_assets.settings import Settings
from market_assets.stores.migrate import migrate

INSTANCE_FILE = Path(__file__).parents[2] / "dagster.yaml"


@dataclass(frozen=True)
class Session:
    """What a command works with."""

    settings: Settings
    instance: dg.DagsterInstance
    job: dg.JobDefinition
    experiments: dict[str, Experiment]
    warehouse: Warehouse
    governance: Governance
    artifacts: Artifacts
    clock: Clock

    def experiment(self, name: str) -> Experiment:
        """The experiment of a name; an unknown one is bad input."""
        if name not in self.experiments:
            known = ", ".join(self.experiments)
            raise BadInputError("unknown_experiment", f"no experiment {name!r}; known: {known}")
        return self.experiments[name]


def dagster_home(settings: Settings) -> Path:
    """Folder of the Dagster instance, with this product's ``dagster.yaml`` in it."""
    home = settings.home / "dagster"
    home.mkdir(parents=True, exist_ok=True)
    if not INSTANCE_FILE.exists():
        raise ServiceUnavailableError(f"{INSTANCE_FILE} is missing; run from a checkout, or set DAGSTER_HOME yourself")
    if not (home / "dagster.yaml").exists() or (home / "dagster.yaml").read_text() != INSTANCE_FILE.read_text():
        shutil.copyfile(INSTANCE_FILE, home / "dagster.yaml")
    return home


def export(settings: Settings, endpoints: Endpoints) -> None:
    """Set the variables that the graph, Dagster and child processes read."""
    os.environ["MARKET_ASSETS_HOME"] = str(settings.home)
    os.environ["MARKET_ASSETS_DATABASE_URL"] = endpoints.database_url
    os.environ["MARKET_ASSETS_OWNER_URL"] = endpoints.owner_url
    os.environ["MARKET_ASSETS_DAGSTER_URL"] = endpoints.dagster_url
    os.environ["MARKET_ASSETS_REDIS_URL"] = endpoints.redis_url or "none"
    os.environ.setdefault("DAGSTER_HOME", str(dagster_home(settings)))
    # waiting threads of OpenMP would spin and take the cores from the folds beside them
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


def quiet() -> None:
    """Dagster logs every event of a run to stderr; people get our progress lines instead."""
    logging.getLogger("dagster").setLevel(logging.CRITICAL)
    warnings.simplefilter("ignore", category=dg.BetaWarning)
    warnings.simplefilter("ignore", category=dg.PreviewWarning)


@contextmanager
def open_session() -> Iterator[Session]:
    """Start what is not running, hand over a session, stop what was started."""
    settings = Settings.from_environment()
    quiet()
    with running(settings) as endpoints:
        export(settings, endpoints)
        migrate(endpoints.owner_url)
        from market_assets.definitions import build

        definitions = build(settings)
        with dg.DagsterInstance.get() as instance:
            yield Session(
                settings=settings,
                instance=instance,
                job=definitions.get_repository_def().get_job(ASSET_JOB),
                experiments=load_experiments(settings.experiments),
                warehouse=Warehouse(database_url=endpoints.database_url),
                governance=Governance(database_url=endpoints.database_url, home=str(settings.home)),
                artifacts=Artifacts(root=str(settings.home / "artifacts")),
                clock=Clock(),
            )
