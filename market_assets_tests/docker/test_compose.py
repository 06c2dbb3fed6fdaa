"""The compose file: loopback only, no root, no passwords, pinned, and wired to the settings the package reads."""

from __future__ import annotations

import copy
import dataclasses
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml

from market_assets import __version__
from market_assets.services.bootstrap import APP, DAGSTER, DATABASE, OWNER
from market_assets.settings import PREFIX, Settings
from market_assets_tests.docker.rules import RULES, Compose, environment, load, services, unknown_variables
from market_assets_tests.docker.text import FOLDER, OPTIONAL, REQUIRED, ROOT, fill

TEXT = (FOLDER / "compose.yaml").read_text()
EXAMPLE = (FOLDER / ".env.example").read_text()
SECRETS = sorted(set(REQUIRED.findall(TEXT)))
VALUES = {name: f"{name.lower()}x" for name in SECRETS}
WORKLOADS = ("code-server", "worker")


@pytest.fixture
def compose() -> Compose:
    """The shipped compose file."""
    return load(FOLDER / "compose.yaml")


def filled(service: dict[str, Any]) -> dict[str, str]:
    return {name: fill(value, VALUES) for name, value in environment(service).items()}


def known_variables() -> set[str]:
    wiring = (ROOT / "market_assets" / "resources" / "wiring.py").read_text()
    return {PREFIX + field.name.upper() for field in dataclasses.fields(Settings)} | set(
        re.findall(rf"{PREFIX}\w+", wiring)
    )


@pytest.mark.parametrize("rule", RULES)
def test_the_shipped_file_breaks_no_rule(compose: Compose, rule: str):
    """No finding of any rule."""
    assert RULES[rule](compose) == []


def changed(service: str, key: str, value: object) -> Callable[[Compose], None]:
    return lambda compose: compose["services"][service].update({key: value})


def in_environment(service: str, key: str, value: str) -> Callable[[Compose], None]:
    return lambda compose: compose["services"][service].update(
        environment={**environment(compose["services"][service]), key: value}
    )


PLANTED = [
    ("open_ports", changed("webserver", "ports", ["3000:3000"])),
    ("open_ports", changed("redis", "ports", ["0.0.0.0:6379:6379"])),
    ("open_ports", changed("timescaledb", "ports", [{"target": 5432, "published": "5432"}])),
    ("rights", changed("worker", "user", "root")),
    ("rights", changed("worker", "user", "0:0")),
    ("rights", changed("redis", "user", None)),
    ("rights", changed("daemon", "privileged", True)),
    ("rights", changed("daemon", "cap_drop", [])),
    ("rights", changed("daemon", "cap_add", ["SYS_ADMIN"])),
    ("rights", changed("worker", "read_only", False)),
    ("rights", changed("worker", "security_opt", [])),
    ("rights", changed("worker", "network_mode", "host")),
    ("rights", changed("daemon", "volumes", ["/var/run/docker.sock:/var/run/docker.sock"])),
    ("passwords", in_environment("timescaledb", "POSTGRES_PASSWORD", "postgres")),
    ("passwords", in_environment("timescaledb", "POSTGRES_PASSWORD", "${POSTGRES_PASSWORD:-postgres}")),
    ("passwords", in_environment("timescaledb", "POSTGRES_HOST_AUTH_METHOD", "trust")),
    ("passwords", in_environment("worker", "MARKET_ASSETS_DATABASE_URL", "postgresql://app:hunter2@timescaledb/x")),
    ("passwords", changed("redis", "command", ["redis-server", "--requirepass", "hunter2"])),
    ("passwords", changed("worker", "command", "celery -b redis://:hunter2@redis:6379/1 worker")),
    ("unpinned", changed("redis", "image", "redis")),
    ("unpinned", changed("redis", "image", "redis:latest")),
    ("unpinned", changed("timescaledb", "image", "timescale/timescaledb:latest-pg17")),
    ("unlimited", changed("worker", "deploy", {})),
    ("unwatched", changed("worker", "healthcheck", {})),
]


@pytest.mark.parametrize(("rule", "plant"), PLANTED)
def test_a_planted_fault_is_found_by_its_rule(compose: Compose, rule: str, plant: Callable[[Compose], None]):
    """Each rule can fail, so that its silence means something."""
    bad = copy.deepcopy(compose)
    plant(bad)
    assert RULES[rule](bad)


def test_every_variable_is_one_that_the_package_reads(compose: Compose):
    """A variable that was renamed in the package, or misspelt here, is found."""
    known = known_variables()
    assert unknown_variables(compose, known) == []
    in_environment("worker", "MARKET_ASSETS_EXECUTER", "celery")(compose)
    assert unknown_variables(compose, known) == ["worker: MARKET_ASSETS_EXECUTER"]


@pytest.mark.parametrize("name", [*WORKLOADS, "migrate"])
def test_the_settings_accept_the_environment_and_embed_nothing(compose: Compose, name: str):
    """Settings of a service's environment name the database server of the file, with the roles of bootstrap."""
    settings = Settings.from_environment(filled(compose["services"][name]))
    assert not settings.embedded_postgres
    assert not settings.embedded_redis
    for url, role, database in (
        (settings.database_url, APP, DATABASE),
        (settings.owner_url, OWNER if name == "migrate" else APP, DATABASE),
        (settings.dagster_url, DAGSTER, DAGSTER),
    ):
        parts = urlsplit(url or "")
        assert (parts.username, parts.path, parts.hostname) == (role, f"/{database}", "timescaledb")
    assert (settings.dagster_url or "").startswith("postgresql+psycopg2://")


def test_code_server_and_workers_see_the_same(compose: Compose):
    """A step finds in a worker what the run found in the code server: environment, folders and image."""
    server, worker = (compose["services"][name] for name in WORKLOADS)
    assert environment(server) == environment(worker)
    assert server["volumes"] == worker["volumes"]
    assert server["image"] == worker["image"]


def test_each_password_reaches_only_who_needs_it(compose: Compose):
    """The superuser's stays with the server, the owner's with the migration; UI and daemon hold Dagster's alone."""
    holders: dict[str, set[str]] = {secret: set() for secret in SECRETS}
    for name, service in services(compose):
        for secret in REQUIRED.findall(" ".join(environment(service).values())):
            holders[secret].add(name)
    assert holders["POSTGRES_PASSWORD"] == {"timescaledb"}
    assert holders["OWNER_PASSWORD"] == {"timescaledb", "migrate"}
    assert holders["APP_PASSWORD"] == {"timescaledb", "migrate", *WORKLOADS}
    assert holders["REDIS_PASSWORD"] == {"redis", *WORKLOADS}
    assert "DAGSTER_PASSWORD" in holders


def test_the_example_names_every_variable_and_no_secret():
    """Required variables stand there empty; optional ones as comments with the default of the compose file."""
    given = dict(line.split("=", 1) for line in EXAMPLE.splitlines() if line and not line.startswith("#"))
    assert given == dict.fromkeys(SECRETS, "")
    commented = dict(re.findall(r"^# ([A-Z_]+)=(\S+)", EXAMPLE, re.MULTILINE))
    assert commented == dict(OPTIONAL.findall(TEXT))


def test_a_missing_password_stops_the_start():
    """Compose refuses to fill in the file while a password is absent or empty."""
    for name in SECRETS:
        with pytest.raises(KeyError, match=name):
            fill(TEXT, {**VALUES, name: ""})


def test_the_image_carries_the_version_of_the_package():
    """A release that forgets the tag is found."""
    assert dict(OPTIONAL.findall(TEXT))["IMAGE_TAG"] == __version__


def test_webserver_and_daemon_find_the_code_server(compose: Compose):
    """Name and port of the workspace are those of the service, which shares a network with both."""
    workspace = yaml.safe_load((FOLDER / "workspace.yaml").read_text())
    server = workspace["load_from"][0]["grpc_server"]
    service = compose["services"][server["host"]]
    assert service["command"][service["command"].index("-p") + 1] == str(server["port"])
    for name in ("webserver", "daemon"):
        assert set(service["networks"]) & set(compose["services"][name]["networks"])


def test_only_the_web_page_has_a_way_out(compose: Compose):
    """Every network is internal but the one of the webserver."""
    outward = {name for name, network in compose["networks"].items() if not network.get("internal")}
    assert {name for name, service in services(compose) if outward & set(service["networks"])} == {"webserver"}


def test_files_that_commands_and_mounts_name_exist(compose: Compose):
    """No command and no bind mount names a file that is not in the repository."""
    for _, service in services(compose):
        for word in service.get("command") or ():
            assert not word.startswith("docker/") or (ROOT / word).is_file(), word
        for volume in service.get("volumes", ()):
            source = volume.split(":")[0]
            assert not source.startswith(".") or (FOLDER / source).exists(), volume
