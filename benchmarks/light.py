"""Lighter experiment files: the shipped chain with few rounds, for a quick try of the benchmarks themselves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from market_assets.settings import Settings

NAME = "direction_daily"
ROUNDS = 10
RESAMPLES = 200
OPEN_GATES: dict[str, float | None] = {
    "min_deflated_sharpe": 0.0,
    "max_pbo": 1.0,
    "max_spa_pvalue": 1.0,
    "max_drawdown": 1.0,
    "min_positive_paths": 0.0,
    "min_positive_folds": 0.0,
    "min_sharpe_interval_low": -1000.0,
    "min_observations": 2,
    "min_net_sharpe": -1000.0,
    "max_coverage_gap": None,
}


def lighter(document: dict[str, Any], open_gates: bool) -> dict[str, Any]:
    """The document with few rounds and resamples; with ``open_gates`` every candidate passes."""
    models = {
        family: {name: min(value, ROUNDS) if name in ("rounds", "trees") else value for name, value in params.items()}
        for family, params in document["models"].items()
    }
    sizes = {**document["evaluation"], "bootstrap_reps": RESAMPLES, "spa_reps": RESAMPLES}
    gates = document["gates"]
    if open_gates:
        gates = {**gates, "promotion": {**gates["promotion"], **OPEN_GATES}}
    return {**document, "models": models, "evaluation": sizes, "gates": gates}


def write_light(folder: Path, open_gates: bool = False) -> Path:
    """Write the lighter ``direction_daily`` into a new folder and return the folder."""
    folder.mkdir(parents=True)
    shipped = Settings(home=folder).experiments / f"{NAME}.yaml"
    document = lighter(yaml.safe_load(shipped.read_text()), open_gates)
    (folder / shipped.name).write_text(yaml.safe_dump(document, sort_keys=False))
    return folder
