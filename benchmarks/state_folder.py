"""State folders that live as long as a benchmark: nothing of them stays, servers included."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import psutil

from benchmarks.processes import below
from market_assets.services.embedded import Services
from market_assets.settings import PREFIX, Settings

KEPT = tuple(PREFIX + name for name in ("DEVICE", "WORKERS", "THREADS", "MEMORY_MB"))
"""Settings of the caller that a benchmark keeps: they choose the machine, not the state."""


def environment(
    home: Path | None = None, experiments: Path | None = None, source: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Environment of a child process: the caller's, without its installation, with the state folder given."""
    given = os.environ if source is None else source
    env = {name: value for name, value in given.items() if not name.startswith(PREFIX) or name in KEPT}
    env.pop("DAGSTER_HOME", None)
    # waiting threads of OpenMP would spin and take the cores from the folds beside them; the tool sets the same
    env["OMP_WAIT_POLICY"] = "PASSIVE"
    if home is not None:
        env[PREFIX + "HOME"] = str(home)
    if experiments is not None:
        env[PREFIX + "EXPERIMENTS"] = str(experiments)
    return env


def stop_services(home: Path) -> None:
    """Stop the servers of a state folder, and whatever else still works in it."""
    if (home / "services" / "state.json").exists():
        Services(Settings(home=home)).stop()
    left = below(home)
    for process in left:
        process.terminate()
    for process in psutil.wait_procs(left, timeout=10)[1]:
        process.kill()


@contextmanager
def scratch_home() -> Iterator[Path]:
    """A fresh state folder that server accounts can enter; servers are stopped and the folder goes at the end."""
    folder = Path(tempfile.mkdtemp(prefix="market_assets_bench_"))
    folder.chmod(0o755)
    home = folder / "state"
    try:
        yield home
    finally:
        stop_services(home)
        shutil.rmtree(folder)
