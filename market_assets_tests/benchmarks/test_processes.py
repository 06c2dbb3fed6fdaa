"""Watching and stopping child processes, with real ones."""

import subprocess
import sys

import psutil
import pytest

from benchmarks.processes import below, family_of, resident_mib, run_watched, started

HOLD = "import sys; held = bytearray(64 * 2**20); print('ready'); import time; time.sleep({seconds}); sys.exit({code})"
PARENT = "import subprocess, sys; print(subprocess.run([sys.executable, '-c', sys.argv[1]]).returncode)"


def test_output_code_and_memory_of_a_command():
    """What it printed, how it ended, and at least the memory it held."""
    ran = run_watched([sys.executable, "-c", HOLD.format(seconds=0.5, code=3)], every=0.02)
    assert (ran.code, ran.output) == (3, "ready\n")
    assert ran.alone_mib > 64
    assert ran.tree_mib >= ran.alone_mib
    assert ran.seconds >= 0.5


def test_memory_of_a_child_counts_in_the_tree_only():
    """The parent alone is small; its tree holds what the child holds."""
    ran = run_watched([sys.executable, "-c", PARENT, HOLD.format(seconds=0.5, code=0)], every=0.02)
    assert ran.output.endswith("0\n")
    assert ran.tree_mib > 64 > ran.alone_mib


def test_a_process_working_in_the_state_folder_counts(tmp_path):
    """Servers detach from the command; they are found by where they work, siblings of the folder are not."""
    inside, outside = tmp_path / "state" / "data", tmp_path / "state2"
    inside.mkdir(parents=True)
    outside.mkdir()
    command = [sys.executable, "-c", "input()"]
    running = [subprocess.Popen(command, cwd=folder, stdin=subprocess.PIPE) for folder in (inside, outside)]
    try:
        assert [process.pid for process in below(tmp_path / "state")] == [running[0].pid]
    finally:
        for process in running:
            process.communicate(b"\n")


def test_a_failure_while_it_runs_stops_the_command_and_its_children(tmp_path):
    """The whole process group goes, whatever went wrong around it."""
    sleeper = "import time; time.sleep(300)"
    family = []

    def fail() -> None:
        with (tmp_path / "out").open("w+") as out, started([sys.executable, "-c", PARENT, sleeper], None, out) as run:
            while len(family) < 2:
                assert run.poll() is None
                family[:] = family_of(run.pid)
            raise RuntimeError("planted")

    with pytest.raises(RuntimeError, match="planted"):
        fail()
    gone, alive = psutil.wait_procs(family, timeout=10)
    assert not alive
    assert len(gone) == 2


def test_a_process_that_has_gone_weighs_nothing():
    """Processes may end between listing and reading."""
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    family = family_of(process.pid)
    assert resident_mib(family * 2) == pytest.approx(resident_mib(family), rel=0.5)
    process.communicate(b"\n")
    assert resident_mib(family) == 0.0
    assert family_of(process.pid) == []
