"""The image: pinned, not root, locked dependencies, and nothing in the build that should not be there."""

from __future__ import annotations

import re

import pytest
import yaml

from market_assets_tests.docker.text import FOLDER, ROOT, pins, script, steps

TEXT = (FOLDER / "Dockerfile").read_text()
STEPS = steps(TEXT)
IGNORED = (FOLDER / "Dockerfile.dockerignore").read_text().split("\n")


def bases(found: list[tuple[str, str]]) -> list[str]:
    """Outside images of a Dockerfile; a stage that builds on an earlier one names that."""
    words = [rest.split() for name, rest in found if name == "FROM"]
    stages = {word[2] for word in words if len(word) == 3}
    return [word[0] for word in words if word[0] not in stages]


def runs_as(found: list[tuple[str, str]]) -> str:
    """User of the last stage."""
    return [rest for name, rest in found if name in ("FROM", "USER")][-1]


def test_the_base_image_is_pinned_to_a_patch_release():
    """One outside image, with three version numbers; a moving tag is told apart."""
    pinned = re.compile(r"python:3\.11\.\d+-slim-\w+")
    assert all(pinned.fullmatch(base) for base in bases(STEPS))
    assert bases(STEPS)
    assert not pinned.fullmatch(bases(steps("FROM python:3.11-slim AS base\nFROM base AS runtime"))[0])


def test_the_image_runs_as_a_fixed_account_that_is_not_root():
    """The last stage ends as a number, the one compose names; an image without USER is told apart."""
    assert runs_as(STEPS) == "10001:10001"
    assert f'user: "{runs_as(STEPS)}"' in (FOLDER / "compose.yaml").read_text()
    assert runs_as(steps(TEXT.replace("USER 10001:10001", ""))) != "10001:10001"


def test_dependencies_are_installed_as_make_setup_does():
    """Same installer version, the same lock with its hashes enforced, and the project without dependencies."""
    setup = (ROOT / "Makefile").read_text()
    runs = " ".join(rest for name, rest in STEPS if name == "RUN")
    assert re.findall(r"uv==[\d.]+", runs) == re.findall(r"uv==[\d.]+", setup)[:1]
    assert "--require-hashes" in runs
    assert "--requirement requirements.lock" in runs
    assert "--no-deps --editable ." in runs
    assert "--no-deps --editable ." in setup


def test_every_copied_path_exists_and_passes_the_ignore_file():
    """What the Dockerfile copies is in the repository and allowed into the build."""
    sources = [path for name, rest in STEPS if name == "COPY" and "--from" not in rest for path in rest.split()[:-1]]
    assert sources
    for path in sources:
        assert (ROOT / path).exists(), path
        assert f"!{path.split('/')[0]}" in IGNORED, path


def test_passwords_and_state_stay_out_of_the_build():
    """Everything is ignored first, and the file with the passwords again after its folder was allowed."""
    rules = [line for line in IGNORED if line and not line.startswith("#")]
    assert rules[0] == "*"
    assert rules.index("docker/.env") > rules.index("!docker")
    assert not [rest for name, rest in STEPS if name in ("ARG", "ENV") and re.search("PASSWORD|SECRET|TOKEN", rest)]


def test_the_celery_lock_agrees_with_the_main_lock():
    """Both are installed together: no package at two versions, and dagster-celery of dagster-postgres' release."""
    main, extra = pins(ROOT / "requirements.lock"), pins(FOLDER / "scale-out.lock")
    assert {name: (main[name], version) for name, version in extra.items() if main.get(name, version) != version} == {}
    assert extra["dagster-celery"] == main["dagster-postgres"]


def test_the_celery_file_has_the_shape_that_is_read():
    """The keys stand under execution: config:, since a flat file is ignored in silence; addresses come by variable."""
    config = yaml.safe_load((FOLDER / "celery.yaml").read_text())["execution"]["config"]
    assert config["broker"] == {"env": "MARKET_ASSETS_CELERY_BROKER"}
    assert config["backend"] == {"env": "MARKET_ASSETS_CELERY_BACKEND"}


def test_a_step_is_never_handed_out_twice_within_a_run():
    """Redis redelivers after the visibility timeout, which must outlast the longest run."""
    celery = yaml.safe_load((FOLDER / "celery.yaml").read_text())["execution"]["config"]["config_source"]
    longest = yaml.safe_load((ROOT / "dagster.yaml").read_text())["run_monitoring"]["max_runtime_seconds"]
    assert celery["broker_transport_options"]["visibility_timeout"] > longest


def test_the_celery_file_is_valid_for_the_executor(monkeypatch: pytest.MonkeyPatch):
    """The library itself reads the file and finds the addresses of the environment."""
    cli = pytest.importorskip("dagster_celery.cli", reason="the extra scale-out is not installed")
    monkeypatch.setenv("MARKET_ASSETS_CELERY_BROKER", "redis://:secret@redis:6379/1")
    monkeypatch.setenv("MARKET_ASSETS_CELERY_BACKEND", "redis://:secret@redis:6379/2")
    config = cli.get_validated_config(str(FOLDER / "celery.yaml"))
    assert config["broker"] == "redis://:secret@redis:6379/1"
    assert config["backend"] == "redis://:secret@redis:6379/2"
    assert config["config_source"]["worker_disable_prefetch"] is True


def test_the_worker_listens_on_its_queues_one_step_at_a_time():
    """Queues come from the command line; the default is Dagster's."""
    worker = script("worker")
    assert worker.command([])[-4:] == ["-Q", "dagster", "--concurrency", "1"]
    assert worker.command(["dagster", "gpu"])[-3] == "dagster,gpu"


def test_the_worker_settings_are_a_module_with_what_the_file_says():
    """Executing the text gives the settings back, awkward characters included."""
    config = {"broker": "redis://:a'b\"@h/1", "backend": "redis://h/2", "config_source": {"result_expires": 60}}
    found: dict[str, object] = {}
    exec(script("worker").settings_module(config), {}, found)
    assert found == {"broker_url": "redis://:a'b\"@h/1", "result_backend": "redis://h/2", "result_expires": 60}
