"""State folders of the benchmarks."""

import subprocess
import sys

from benchmarks.processes import family_of
from benchmarks.state_folder import environment, scratch_home


def test_environment_hides_the_callers_installation(tmp_path):
    """Addresses and folders of the caller do not reach a benchmark; choices of the machine do."""
    source = {
        "PATH": "/bin",
        "MARKET_ASSETS_DATABASE_URL": "postgresql://u:p@db/x",
        "MARKET_ASSETS_HOME": "mine",
        "MARKET_ASSETS_WORKERS": "1",
        "DAGSTER_HOME": "mine",
        "OMP_WAIT_POLICY": "ACTIVE",
    }
    assert environment(tmp_path / "state", source=source) == {
        "PATH": "/bin",
        "MARKET_ASSETS_WORKERS": "1",
        "MARKET_ASSETS_HOME": str(tmp_path / "state"),
        "OMP_WAIT_POLICY": "PASSIVE",
    }
    assert environment(None, tmp_path, {})["MARKET_ASSETS_EXPERIMENTS"] == str(tmp_path)


def test_scratch_home_stops_what_works_in_it_and_goes():
    """A server left behind by a killed command is stopped; nothing of the folder stays."""
    with scratch_home() as home:
        assert not home.exists()
        home.mkdir()
        left = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(300)"], cwd=home)
    assert family_of(left.pid) == []
    left.wait()
    assert not home.parent.exists()
