"""``python -m benchmarks.publish``: put the measured error rates of the gate beside its policy, for every card."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from benchmarks.options import RESULTS
from market_assets import experiments
from market_assets.core.gates.policy import PromotionPolicy
from market_assets.reporting.error_rates import FILE

TARGET = Path(experiments.__file__).with_name(FILE)
TABLES = {
    "gate": ("False promotions by kind of null", "Gates on the same draws", "Power", "Thresholds"),
    "pipeline": ("False promotions on null markets", "Promotions by true net Sharpe ratio"),
}
"""Which tables of a benchmark's result a card shows, by the beginning of their titles."""


def chosen(document: dict[str, Any], titles: tuple[str, ...]) -> dict[str, Any]:
    """What a card needs of one result: its figures, and the tables named."""
    return {
        "name": document["benchmark"],
        "title": document["title"],
        "sizes": document["sizes"],
        "figures": [{key: one[key] for key in ("name", "value", "unit")} for one in document["figures"]],
        "tables": [one for one in document["tables"] if one["title"].startswith(titles)],
    }


def main(
    results: Annotated[Path, typer.Option(help="Folder with the JSON of `gate` and `pipeline`.")] = RESULTS,
) -> None:
    """Collect what was measured and write it into the package; a measurement that is not there is left out."""
    parts = []
    for name, titles in TABLES.items():
        path = results / f"{name}.json"
        if path.is_file():
            document = json.loads(path.read_text())
            if document["quick"]:
                raise typer.BadParameter(f"{path} holds quick figures; run `python -m benchmarks {name}` at full size")
            parts.append(chosen(document, titles))
    payload = {"policy_version": PromotionPolicy().version, "parts": parts}
    TARGET.write_text(json.dumps(payload, indent=1) + "\n")
    typer.echo(f"{TARGET.name}: {', '.join(part['name'] for part in parts) or 'nothing measured'}")


if __name__ == "__main__":
    typer.run(main)
