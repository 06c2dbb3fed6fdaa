"""The command that keeps services, webserver and daemon up, on loopback."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated

import typer

from market_assets.cli.exits import RunFailedError
from market_assets.cli.options import Json
from market_assets.cli.output import emit, people, progress
from market_assets.core.errors import BadInputError, Location

HOST = "127.0.0.1"
GRAPH = ("-m", "market_assets.definitions")
START_SECONDS = 180.0
END_SECONDS = 20.0


def ui(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port of the page on 127.0.0.1.")] = 3000,
    json: Json = False,
) -> None:
    """Open the Dagster UI: services, webserver and daemon until Ctrl-C, on 127.0.0.1 only; nothing stays behind.

    With --json one document is printed when the page answers, and the command goes on.
    """
    check_free(port)
    from market_assets.cli.session import open_session

    with open_session() as session:
        # limits of a named pool live in the instance, not in dagster.yaml
        session.instance.event_log_storage.set_concurrency_slots("gpu", 1)
        logs = session.settings.home / "logs"
        logs.mkdir(exist_ok=True)
        progress.print("  starting webserver and daemon ...", highlight=False)
        with _children(_commands(port), logs) as processes:
            _wait_for_page(port, processes, logs)
            _announce(port, logs, json)
            _wait(processes, logs)


def check_free(port: int) -> None:
    """Refuse a port that somebody listens on.

    Raises
    ------
    BadInputError
        rule ``port_in_use``.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            message = f"port {port} on {HOST} cannot be used ({error.strerror}); choose another"
            raise BadInputError("port_in_use", message, Location(column="--port")) from None


def _commands(port: int) -> dict[str, list[str]]:
    scripts = Path(sys.executable).parent
    return {
        "webserver": [str(scripts / "dagster-webserver"), *GRAPH, "-h", HOST, "-p", str(port)],
        "daemon": [str(scripts / "dagster-daemon"), "run", *GRAPH],
    }


@contextlib.contextmanager
def _children(commands: Mapping[str, list[str]], logs: Path) -> Iterator[dict[str, subprocess.Popen[bytes]]]:
    """Start the commands, each with its log file; on the way out end each with its whole process group."""
    environment = {**os.environ, "PYTHONWARNINGS": "ignore"}
    with contextlib.ExitStack() as stack:
        started = {}
        for name, command in commands.items():
            log = stack.enter_context((logs / f"{name}.log").open("wb"))
            process = subprocess.Popen(
                command,
                cwd=logs,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
            stack.callback(_end, process)
            started[name] = process
        yield started


def _end(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGINT)
    try:
        process.wait(timeout=END_SECONDS)
    except subprocess.TimeoutExpired:
        progress.print("  a process does not end by itself and is killed", highlight=False)
    with contextlib.suppress(ProcessLookupError):  # whatever the first signal left of the group
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _wait_for_page(port: int, processes: Mapping[str, subprocess.Popen[bytes]], logs: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        _all_alive(processes, logs)
        try:
            with urllib.request.urlopen(f"http://{HOST}:{port}/server_info", timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise RunFailedError(f"the page did not answer within {START_SECONDS:.0f} s; see {logs}")


def _all_alive(processes: Mapping[str, subprocess.Popen[bytes]], logs: Path) -> None:
    for name, process in processes.items():
        if process.poll() is not None:
            lines = (logs / f"{name}.log").read_text(errors="replace").strip().splitlines()
            last = lines[-1] if lines else "no message"
            raise RunFailedError(f"the {name} ended with code {process.returncode}: {last} (see {logs}/{name}.log)")


def _announce(port: int, logs: Path, json: bool) -> None:
    url = f"http://{HOST}:{port}"
    if json:
        emit({"url": url, "logs": str(logs)})
        sys.stdout.flush()
    else:
        people.print(f"[bold]{url}[/bold]  (Ctrl-C stops the page, the daemon and the services)", highlight=False)
        people.print(f"logs: {logs}", markup=False, highlight=False)


def _wait(processes: Mapping[str, subprocess.Popen[bytes]], logs: Path) -> None:
    try:
        while True:
            _all_alive(processes, logs)
            time.sleep(0.5)
    except KeyboardInterrupt:
        progress.print("  stopping", highlight=False)


def attach(app: typer.Typer) -> None:
    """Add the command to the tool."""
    app.command()(ui)
