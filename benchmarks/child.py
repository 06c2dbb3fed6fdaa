"""A job in a fresh Python process: parameters in as JSON, figures out as JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.processes import Ran, run_watched
from benchmarks.state_folder import environment, scratch_home

TOOL = Path(sys.executable).with_name("market-assets")


class JobFailedError(RuntimeError):
    """A child process did not end well; its own message stands on stderr."""


def parse(ran: Ran, what: str, codes: tuple[int, ...] = (0,)) -> dict[str, Any]:
    """The JSON document a child printed.

    Raises
    ------
    JobFailedError
        for an exit code that is not among ``codes``, or output that is not JSON.
    """
    if ran.code not in codes:
        raise JobFailedError(f"{what} ended with exit code {ran.code}")
    try:
        return json.loads(ran.output)
    except json.JSONDecodeError as error:
        raise JobFailedError(f"{what} did not print JSON: {ran.output[:200]!r}") from error


def run_job(
    name: str, parameters: Mapping[str, Any], home: Path | None = None, experiments: Path | None = None
) -> tuple[dict[str, Any], Ran]:
    """Run ``benchmarks.jobs.<name>`` in a fresh process and return what it printed and how it ran."""
    command = [sys.executable, "-m", f"benchmarks.jobs.{name}", json.dumps(dict(parameters))]
    ran = run_watched(command, environment(home, experiments), home)
    return parse(ran, f"job {name}"), ran


def run_graph(market: Mapping[str, Any], experiments: Path | None = None) -> tuple[dict[str, Any], Ran]:
    """The graph on a market, in a fresh state folder and process."""
    with scratch_home() as home:
        return run_job("graph", market, home, experiments)


def run_tool(arguments: list[str], home: Path, experiments: Path | None = None) -> Ran:
    """Run the command line tool in a state folder."""
    if not TOOL.exists():
        raise JobFailedError("the command market-assets is not installed beside this Python")
    return run_watched([str(TOOL), *arguments], environment(home, experiments), home)
