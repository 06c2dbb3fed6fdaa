"""Published reference values: each case carries its inputs, expected numbers, absolute tolerance and source."""

import json
from pathlib import Path
from typing import Any

import pytest

CARRIED: dict[str, list[dict[str, Any]]] = {}
"""Every case of every file in this folder, by method."""

for _file in sorted(Path(__file__).parent.glob("*.json")):
    for _method, _items in json.loads(_file.read_text()).items():
        CARRIED.setdefault(_method, []).extend(_items)


def case(method: str, case_id: str) -> dict[str, Any]:
    """The one case of ``method`` with this id."""
    (found,) = (item for item in CARRIED[method] if item["id"] == case_id)
    return found


def cases(method: str, *, only: str = "") -> list[Any]:
    """Cases of ``method`` as pytest parameters, optionally those whose inputs have the key ``only``."""
    chosen = [item for item in CARRIED[method] if not only or only in item["inputs"]]
    assert chosen, f"no published case for {method}"
    return [pytest.param(item, id=item["id"]) for item in chosen]
