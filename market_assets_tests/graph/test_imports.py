"""What loading the code location costs, and which way imports point."""

import json
import os
import subprocess
import sys
from pathlib import Path

import market_assets

HEAVY = ("torch", "xgboost", "lightgbm", "catboost", "sklearn", "arch", "matplotlib")
LOAD = """
import json, sys, time
begin = time.perf_counter()
import market_assets.definitions
seconds = time.perf_counter() - begin
print(json.dumps({"seconds": seconds, "loaded": sorted({name.partition(".")[0] for name in sys.modules})}))
"""
ROOT = Path(market_assets.__file__).parents[1]


def _environment() -> dict[str, str]:
    return {key: value for key, value in os.environ.items() if not key.startswith("MARKET_ASSETS_")}


def test_the_code_location_loads_no_heavy_library(tmp_path: Path) -> None:
    """A fresh process imports the definitions without any model library, plotting or reference statistics."""
    answer = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", LOAD],
        cwd=ROOT,
        env={**_environment(), "MARKET_ASSETS_HOME": str(tmp_path / "state")},
        capture_output=True,
        text=True,
        check=True,
    )
    found = json.loads(answer.stdout.splitlines()[-1])
    print(f"the code location loads in {found['seconds']:.2f} s")  # noqa: T201 a figure for the reader
    assert not set(HEAVY) & set(found["loaded"])
    assert {"dagster", "polars"} <= set(found["loaded"])
    assert not (tmp_path / "state").exists()


def test_imports_point_one_way(tmp_path: Path) -> None:
    """The layers of the architecture and the purity of the core hold (import-linter, contracts in pyproject.toml)."""
    program = Path(sys.executable).with_name("lint-imports")
    answer = subprocess.run(
        [str(program), "--cache-dir", str(tmp_path)], cwd=ROOT, env=_environment(), capture_output=True, text=True
    )
    assert answer.returncode == 0, answer.stdout
