"""One session of the command line: services up, environment set, instance and graph at hand."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import dagster as dg
from dagster_postgres.utils import DagsterPostgresException
from sqlalchemy.exc import DBAPIError

from market_assets.automation.jobs import ASSET_JOB
from market_assets.cli.output import hush
from market_assets.core.errors import BadInputError, ServiceUnavailableError
from market_assets.experiments.loader import load_experiments
from market_assets.experiments.spec import Experiment
from market_assets.resources.artifacts import Artifacts
from market_assets.resources.clock import Clock
from market_assets.resources.compute import ComputeResource
from market_assets.resources.governance import Governance
from market_assets.resources.warehouse import Warehouse
from market_assets.resources.wiring import build_resources
from market_assets.services.embedded import Endpoints, running
from market_assets.services.health import check_postgres, explain_postgres
from market_assets.settings import Settings
from market_assets.stores.database import Database
from market_assets.stores.migrate import migrate

STATEMENT_MS = 600_000
INSTANCE_FILE = Path(__file__).parents[2] / "dagster.yaml"
COMMAND_FILE = "command.yaml"
# capturing starts four processes a layer, which would be left alone with the terminal on Ctrl-C
NO_CAPTURE = """
compute_logs:
  module: dagster._core.storage.noop_compute_log_manager
  class: NoOpComputeLogManager
"""


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
    owner_url: str = field(repr=False)

    @property
    def owner(self) -> Database:
        """The database with the owner's role: for what the application role must not do, such as opening a holdout."""
        return Database(self.owner_url)

    @property
    def compute(self) -> ComputeResource:
        """Compute as the settings say."""
        return build_resources(self.settings)["compute"]

    def experiment(self, name: str) -> Experiment:
        """The experiment of a name; an unknown one is bad input."""
        return choose(self.experiments, name)


def choose(experiments: dict[str, Experiment], name: str) -> Experiment:
    """The experiment of a name.

    Raises
    ------
    BadInputError
        rule ``unknown_experiment``, with the names that are known.
    """
    if name not in experiments:
        raise BadInputError("unknown_experiment", f"no experiment {name!r}; known: {', '.join(experiments)}")
    return experiments[name]


def dagster_home(settings: Settings) -> Path:
    """Folder of the Dagster instance, with this product's ``dagster.yaml`` in it; ``DAGSTER_HOME`` where it is set."""
    if given := os.environ.get("DAGSTER_HOME"):
        if not Path(given).is_dir():
            raise ServiceUnavailableError(f"DAGSTER_HOME={given} is no folder; make it, or unset the variable")
        return Path(given)
    if not INSTANCE_FILE.exists():
        raise ServiceUnavailableError(f"{INSTANCE_FILE} is missing; run from a checkout, or set DAGSTER_HOME yourself")
    home, text = settings.home / "dagster", INSTANCE_FILE.read_text()
    try:
        home.mkdir(parents=True, exist_ok=True)
        for name, wanted in (("dagster.yaml", text), (COMMAND_FILE, text + NO_CAPTURE)):
            if not (home / name).exists() or (home / name).read_text() != wanted:
                (home / name).write_text(wanted)
    except OSError as error:
        raise ServiceUnavailableError(f"cannot write {home}: {error.strerror}; set MARKET_ASSETS_HOME") from error
    return home


def open_instance() -> dg.DagsterInstance:
    """The Dagster instance of this installation, without the capture of stdout where its files are ours."""
    home = os.environ["DAGSTER_HOME"]
    own = (Path(home) / COMMAND_FILE).exists()
    instance = dg.DagsterInstance.from_config(home, COMMAND_FILE) if own else dg.DagsterInstance.get()
    # keep connections open, as the webserver does: otherwise each of thousands of queries opens one of its own
    instance.optimize_for_webserver(statement_timeout=STATEMENT_MS, pool_recycle=3600, max_overflow=20)
    return instance


def export(settings: Settings, endpoints: Endpoints) -> None:
    """Set the variables that the graph, Dagster and child processes read."""
    os.environ["MARKET_ASSETS_HOME"] = str(settings.home)
    os.environ["MARKET_ASSETS_DATABASE_URL"] = endpoints.database_url
    os.environ["MARKET_ASSETS_OWNER_URL"] = endpoints.owner_url
    os.environ["MARKET_ASSETS_DAGSTER_URL"] = endpoints.dagster_url
    os.environ["MARKET_ASSETS_REDIS_URL"] = endpoints.redis_url or "none"
    os.environ["DAGSTER_HOME"] = str(dagster_home(settings))
    # one write for the events of a range run; without it every partition is several connections
    os.environ.setdefault("DAGSTER_EVENT_BATCH_SIZE", "1000")
    # waiting threads of OpenMP would spin and take the cores from the folds beside them
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


@contextmanager
def _signals_put_back() -> Iterator[tuple[signal.Signals, ...]]:
    """The signals that mean stop, their handlers as they were at the end; none outside the main thread."""
    if threading.current_thread() is not threading.main_thread():
        yield ()
        return
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        yield tuple(before)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def services_up(settings: Settings) -> Iterator[Endpoints]:
    """Start what is not running, stop what was started; Ctrl-C does not disturb the stopping.

    Raises
    ------
    ServiceUnavailableError
        when one of the three databases cannot be used.
    """
    with ExitStack() as stack:
        signals = stack.enter_context(_signals_put_back())
        endpoints = stack.enter_context(running(settings))
        stack.callback(lambda: [signal.signal(number, signal.SIG_IGN) for number in signals])
        for url in (endpoints.database_url, endpoints.owner_url, endpoints.dagster_url):
            check_postgres(url)
        yield endpoints


@contextmanager
def _explained(dagster_url: str) -> Iterator[None]:
    """Dagster's own database gone in the middle of something is a service that is not reachable."""
    try:
        yield
    except (DBAPIError, DagsterPostgresException) as error:
        raise explain_postgres(dagster_url, error.__cause__ or error) from error


@contextmanager
def open_session() -> Iterator[Session]:
    """Services, instance and graph for the length of the block; experiment files are read before anything starts."""
    settings = Settings.from_environment()
    experiments = load_experiments(settings.experiments)
    hush()
    with services_up(settings) as endpoints:
        export(settings, endpoints)
        migrate(endpoints.owner_url)
        from market_assets.definitions import build

        definitions = build(settings)
        with _explained(endpoints.dagster_url), open_instance() as instance:
            yield Session(
                settings=settings,
                instance=instance,
                job=definitions.get_repository_def().get_job(ASSET_JOB),
                experiments=experiments,
                warehouse=Warehouse(database_url=endpoints.database_url),
                governance=Governance(database_url=endpoints.database_url, home=str(settings.home)),
                artifacts=Artifacts(root=str(settings.home / "artifacts")),
                clock=Clock(),
                owner_url=endpoints.owner_url,
            )
