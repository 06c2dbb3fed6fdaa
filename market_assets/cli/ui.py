"""The command that keeps services, webserver and daemon up, on loopback."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from market_assets.cli.output import people
from market_assets.cli.session import open_session

WORKSPACE = Path(__file__).parents[2] / "workspace.yaml"


def ui(port: Annotated[int, typer.Option(help="Port of the web page on 127.0.0.1.")] = 3000) -> None:
    """Open the Dagster UI: services, webserver and daemon until Ctrl-C; nothing stays behind."""
    with open_session() as session:
        # limits of a named pool live in the instance, not in dagster.yaml
        session.instance.event_log_storage.set_concurrency_slots("gpu", 1)
        scripts = Path(sys.executable).parent
        commands = (
            [str(scripts / "dagster-webserver"), "-w", str(WORKSPACE), "-h", "127.0.0.1", "-p", str(port)],
            [str(scripts / "dagster-daemon"), "run", "-w", str(WORKSPACE)],
        )
        with _children(commands) as processes:
            people.print(f"[bold]http://127.0.0.1:{port}[/bold]  (Ctrl-C stops the page, the daemon and the services)")
            _wait(processes)


@contextlib.contextmanager
def _children(commands: tuple[list[str], ...]) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Start the commands; on the way out end each with its whole process group."""
    with contextlib.ExitStack() as stack:
        started = []
        for command in commands:
            process = subprocess.Popen(command, cwd=WORKSPACE.parent, start_new_session=True)
            stack.callback(_end, process)
            started.append(process)
        yield started


def _end(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGINT)
    try:
        process.wait(timeout=20)
    except subprocess.TimeoutExpired:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _wait(processes: list[subprocess.Popen[bytes]]) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, stop)
    try:
        while all(process.poll() is None for process in processes):
            with contextlib.suppress(subprocess.TimeoutExpired):
                processes[0].wait(timeout=2)
        people.print("[yellow]webserver or daemon ended by itself; see its messages above[/yellow]")
    except KeyboardInterrupt:
        people.print("stopping")


def attach(app: typer.Typer) -> None:
    """Add the command to the tool."""
    app.command()(ui)
