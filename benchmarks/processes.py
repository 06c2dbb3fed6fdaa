"""Running a command to its end with its memory watched; what was started never outlives the call."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import psutil

EVERY = 1.0
"""Seconds between two looks. Looking costs 30 ms of a core: five looks a second took a sixth of a core from the run."""
SERVERS_EVERY = 10
"""Looks between two searches for the servers of a state folder, which live as long as the run."""
GRACE = 30.0


@dataclass(frozen=True)
class Ran:
    """A command that ended. Peaks are in MiB, seen at samples ``EVERY`` seconds apart.

    ``tree_mib`` sums the command, its descendants and the servers that work in its state folder; pages they share
    count once a process, so it is an upper bound.
    """

    code: int
    output: str
    seconds: float
    alone_mib: float
    tree_mib: float


def below(folder: Path) -> list[psutil.Process]:
    """Processes whose working folder lies in ``folder``: the servers of that state folder detach from the command."""
    root = folder.resolve()
    found = []
    for process in psutil.process_iter(["cwd"]):
        cwd = process.info["cwd"]
        if cwd and Path(cwd).is_relative_to(root):
            found.append(process)
    return found


def resident_mib(processes: Sequence[psutil.Process]) -> float:
    """Resident memory of the processes that are still there, each counted once."""
    total = 0
    for process in set(processes):
        try:
            total += process.memory_info().rss
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return total / 2**20


def family_of(pid: int) -> list[psutil.Process]:
    """A process and its descendants; empty once it has gone."""
    try:
        process = psutil.Process(pid)
        return [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


@contextmanager
def started(
    command: Sequence[str], env: Mapping[str, str] | None, stdout: IO[str]
) -> Iterator[subprocess.Popen[bytes]]:
    """A command in a process group of its own; on the way out the group is interrupted, then killed."""
    process = subprocess.Popen(list(command), env=env, stdout=stdout, start_new_session=True)
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGINT)
            try:
                process.wait(GRACE)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def run_watched(
    command: Sequence[str], env: Mapping[str, str] | None = None, home: Path | None = None, every: float = EVERY
) -> Ran:
    """Run a command; its stdout is returned, its stderr passes through.

    Parameters
    ----------
    home : state folder of the command, whose servers count as part of its tree.
    """
    alone = tree = 0.0
    look, servers = 0, list[psutil.Process]()
    with tempfile.TemporaryFile("w+") as out:
        begin = time.perf_counter()
        with started(command, env, out) as process:
            while process.poll() is None:
                family = family_of(process.pid)
                alone = max(alone, resident_mib(family[:1]))
                if home and look % SERVERS_EVERY == 0:
                    servers = below(home)
                look += 1
                tree = max(tree, resident_mib([*family, *servers]))
                try:
                    process.wait(every)
                except subprocess.TimeoutExpired:
                    continue
        seconds = time.perf_counter() - begin
        out.seek(0)
        return Ran(process.returncode, out.read(), seconds, alone, tree)
