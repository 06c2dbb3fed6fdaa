"""Finished runs as JSON lines, added one by one: a sitting that is cut off loses the runs it was in, no more."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from benchmarks.pipeline.record import Record
from market_assets.core.identity import canonical_json


class Store:
    """The file of finished runs, of every identity."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def all(self) -> list[Record]:
        """Records in the order they were written, without a last line that was cut off."""
        if not self.path.exists():
            return []
        lines = self.path.read_text().split("\n")
        return [found for line in lines if (found := _record(line)) is not None]

    def of(self, identity: str) -> dict[tuple[str, int], Record]:
        """Records of one identity by kind and number."""
        return {record.key: record for record in self.all() if record.identity == identity}

    def append(self, record: Record) -> None:
        """Add a line; one write, which begins on a line of its own."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        cut = self.path.exists() and self.path.stat().st_size > 0 and not self.path.read_bytes().endswith(b"\n")
        with self.path.open("a") as file:
            file.write(("\n" if cut else "") + canonical_json(record.to_payload()).decode() + "\n")


def latest(records: Sequence[Record], identity: str | None = None) -> list[Record]:
    """Records of an identity, by default the one that was written last, in order of kind and number."""
    if not records:
        return []
    wanted = records[-1].identity if identity is None else identity
    kept = {record.key: record for record in records if record.identity == wanted}
    return [kept[key] for key in sorted(kept)]


def _record(line: str) -> Record | None:
    """A stored run, None for a line that a killed process left unfinished."""
    try:
        return Record.from_payload(json.loads(line))
    except (json.JSONDecodeError, KeyError, TypeError):
        return None
