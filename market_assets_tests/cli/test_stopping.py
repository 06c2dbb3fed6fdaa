"""Ctrl-C, a port that is taken, children that end."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import psutil
import pytest

from market_assets.assets import bars
from market_assets.cli import ui
from market_assets.cli.exits import RunFailedError
from market_assets.services.state import free_port
from market_assets_tests.cli.bars import write_csv
from market_assets_tests.cli.tool import Installation, say


@pytest.mark.services
def test_ctrl_c_inside_a_step_ends_with_130_and_the_same_command_goes_on(
    installation: Installation, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Dagster turns the interrupt into a failed run; people get one line, and signal handlers are as before."""
    path = str(write_csv(tmp_path / "bars.csv", ("ICC,2019-01-02,10,11,9,10.5,1000",)))
    real = bars.open_source

    def interrupted(config: dict[str, Any]) -> Any:
        os.kill(os.getpid(), signal.SIGINT)
        return real(config)

    handler = signal.getsignal(signal.SIGINT)
    with monkeypatch.context() as patch:
        patch.setattr(bars, "open_source", interrupted)
        said = say(capfd, "ingest", path)
    assert said.code == 130
    assert said.err.splitlines()[-1] == "market-assets: stopped; the same command goes on from what is stored"
    assert "Traceback" not in said.err
    assert signal.getsignal(signal.SIGINT) == handler
    assert say(capfd, "ingest", path, "--json").document["bars"] == 1


def test_a_port_in_use_is_refused_before_anything_starts(capfd: pytest.CaptureFixture[str]) -> None:
    """Exit code 2 and the port in the message."""
    with socket.socket() as taken:
        taken.bind((ui.HOST, 0))
        taken.listen()
        port = taken.getsockname()[1]
        said = say(capfd, "ui", "--port", str(port))
    assert said.code == 2
    assert f"port {port}" in said.error
    assert "[rule port_in_use]" in said.error


def test_the_page_listens_on_loopback_only() -> None:
    """The webserver is told the address; its default would be the same, but is not ours."""
    webserver = ui._commands(3000)["webserver"]
    assert webserver[webserver.index("-h") + 1] == "127.0.0.1"


def test_children_end_with_everything_they_started(tmp_path: Path) -> None:
    """A grandchild that ignores the interrupt is gone too."""
    ignoring = "import signal, time; signal.signal(signal.SIGINT, signal.SIG_IGN)"
    grandchild = f"{ignoring}; print('up', flush=True); time.sleep(60)"
    child = f"import subprocess, sys; p = subprocess.Popen([sys.executable, '-c', {grandchild!r}]); p.wait()"
    with ui._children({"child": [sys.executable, "-c", child]}, tmp_path) as processes:
        log = tmp_path / "child.log"
        while log.read_text() != "up\n":
            assert processes["child"].poll() is None
        family = psutil.Process(processes["child"].pid).children(recursive=True)
        assert len(family) == 1
    assert processes["child"].returncode is not None
    psutil.wait_procs(family, timeout=5)
    assert not any(process.is_running() and process.status() != psutil.STATUS_ZOMBIE for process in family)


def test_a_child_that_dies_is_named_with_its_last_words(tmp_path: Path) -> None:
    """The webserver's own message reaches the terminal in one line."""
    command = [sys.executable, "-c", "import sys; sys.exit('no such table')"]
    with ui._children({"webserver": command}, tmp_path) as processes:
        processes["webserver"].wait()
        with pytest.raises(RunFailedError, match=r"the webserver ended with code 1: no such table \(see .*log\)"):
            ui._wait_for_page(free_port(), processes, tmp_path)


def test_help_needs_no_heavy_library() -> None:
    """The tool explains itself without loading the graph."""
    program = (
        "import sys; from market_assets.cli.main import build_app; build_app(); "
        "sys.exit(', '.join(name for name in ('dagster', 'polars', 'numba', 'sqlalchemy') if name in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.stderr.strip() == ""
