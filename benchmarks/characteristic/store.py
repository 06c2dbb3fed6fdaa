"""Judged draws of a cell as JSON lines: what is finished is never measured twice."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.characteristic.cells import Cell
from benchmarks.characteristic.judge import FULL, POLICY, SMALL, Record
from market_assets.core.identity import canonical_json, fingerprint


def parameters(cell: Cell, seed: int) -> dict[str, Any]:
    """Everything a record depends on; the number of draws is not part of it."""
    return {
        "world": cell.world.to_payload(),
        "seed": seed,
        "always_full": cell.always_full,
        "full": asdict(FULL),
        "small": asdict(SMALL),
        "policy": asdict(POLICY),
    }


class Store:
    """A file for each set of parameters, named by their hash; the first line says what they were."""

    def __init__(self, folder: Path, cell: Cell, seed: int) -> None:
        self.header = canonical_json(parameters(cell, seed)).decode()
        self.path = folder / f"{fingerprint(**parameters(cell, seed))[:16]}.jsonl"

    def read(self) -> dict[int, Record]:
        """Finished draws by number; a last line that was cut off does not count."""
        if not self.path.exists():
            return {}
        header, *lines = self.path.read_text().split("\n")
        if header != self.header:
            raise ValueError(f"{self.path.name} holds draws of other parameters")
        return {found.draw: found for line in lines[:-1] if (found := _record(line)) is not None}

    def append(self, records: Sequence[Record]) -> None:
        """Add judged draws; one write, which begins on a line of its own."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        lines = [canonical_json(asdict(record)).decode() for record in records]
        if not self.path.exists():
            lines.insert(0, self.header)
        elif not self.path.read_bytes().endswith(b"\n"):
            lines.insert(0, "")
        with self.path.open("a") as file:
            file.write("\n".join(lines) + "\n")


def _record(line: str) -> Record | None:
    """A stored draw, None for a line that a killed process left unfinished."""
    try:
        return Record.from_payload(json.loads(line))
    except (json.JSONDecodeError, TypeError):
        return None
