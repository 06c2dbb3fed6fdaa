"""The carried cases against the file they were taken from, where that file is at hand."""

import json
import os
from collections import Counter
from pathlib import Path

import pytest

from market_assets_tests.golden.cases import CARRIED
from market_assets_tests.real_data import DEFAULT

LEFT_OUT = {
    ("pbo_cscv", "matrix"): "rebuilt from the formula of the case and held against its checksums",
    ("purged_kfold", "splits_pairwise_label_overlap"): "a second rule, not ours; equal to ours or compared elsewhere",
    ("purged_kfold", "mlfinpy_leaking_pairs_train_test"): "follows from the train sets of that library",
    ("cpcv_purged", "splits_pairwise_label_overlap"): "as above",
    ("cpcv_purged", "combinations_where_rules_differ"): "as above",
}
"""Fields of published cases that are not carried, and why."""


def published_file():
    """Path of the published cases: MARKET_ASSETS_GOLDEN, or golden/published.json beside the data folder."""
    beside = Path(os.environ.get("MARKET_ASSETS_DATA", str(DEFAULT))).parent / "golden" / "published.json"
    return Path(os.environ.get("MARKET_ASSETS_GOLDEN", str(beside)))


def differences(published, carried):
    """Every method, case or value that is published and not carried as it is, in words."""
    found = []
    for method, items in published.items():
        mine = {item["id"]: item for item in carried.get(method, [])}
        for item in items:
            name = f"{method}/{item['id']}"
            own = mine.get(item["id"])
            if own is None:
                found.append(f"{name} is not carried")
                continue
            found += [f"{name}: {part} differs" for part in ("tolerance", "source") if own.get(part) != item.get(part)]
            for part in ("inputs", "expected"):
                found += [
                    f"{name}: {part}.{field} is missing or differs"
                    for field, value in item[part].items()
                    if (own[part][field] != value if field in own[part] else (method, field) not in LEFT_OUT)
                ]
                found += [f"{name}: {part}.{field} is not published" for field in own[part] if field not in item[part]]
    return found


def test_every_published_case_is_carried():
    """Methods, cases, inputs, expected values, tolerances and sources, all equal; what is missing is listed."""
    path = published_file()
    if not path.is_file():
        pytest.skip("the published cases are not here (set MARKET_ASSETS_GOLDEN to the file)")
    found = differences(json.loads(path.read_text())["methods"], CARRIED)
    assert not found, f"{len(found)} differences:\n" + "\n".join(found)


def test_a_lost_or_changed_case_would_be_seen():
    """Planted: a method, a case, a value, a tolerance and a left-out field with another value are each reported."""
    published = {
        "pbo_cscv": [
            {"id": "a", "inputs": {"x": [1.0], "matrix": [[1]]}, "expected": {"y": 2.0}, "tolerance": 0, "source": "s"}
        ]
    }
    (good,) = json.loads(json.dumps(published))["pbo_cscv"]
    del good["inputs"]["matrix"]
    assert differences(published, {"pbo_cscv": [good]}) == []
    for change in (
        {"id": "b"},
        {"inputs": {"x": [1.1]}},
        {"inputs": {"x": [1.0], "matrix": [[2]]}},
        {"inputs": {}},
        {"expected": {"y": 2.0, "z": 1.0}},
        {"tolerance": 1e-3},
        {"source": ""},
    ):
        assert len(differences(published, {"pbo_cscv": [{**good, **change}]})) == 1, change
    assert differences(published, {}) == ["pbo_cscv/a is not carried"]


def test_every_carried_case_says_where_it_comes_from():
    """Each has inputs, expected values, a tolerance and a source, and an id of its own."""
    for method, items in CARRIED.items():
        assert max(Counter(item["id"] for item in items).values()) == 1, method
        for item in items:
            assert item["inputs"], (method, item["id"])
            assert item["expected"], (method, item["id"])
            assert item["source"].strip(), (method, item["id"])
            assert "tolerance" in item, (method, item["id"])
