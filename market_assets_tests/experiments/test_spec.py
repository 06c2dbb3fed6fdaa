"""The identity of an experiment: its canonical document and hash."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from pydantic import TypeAdapter

from market_assets.experiments.loader import load_experiment
from market_assets.experiments.spec import Experiment
from market_assets_tests.worlds import TINY, document, write_experiments

OTHER_TEXT = {"name": "other", "task": "direction", "description": "Another.", "owner": "team:other"}


def _experiment(folder: Path, content: dict[str, Any]) -> Experiment:
    write_experiments(folder, content)
    return load_experiment(folder / f"{content['name']}.yaml")


def _leaves(value: Any, path: tuple = ()) -> Iterator[tuple]:
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from _leaves(inner, (*path, key))
    else:
        yield path


def _other(value: Any, path: tuple) -> Any:
    """A valid other value at a place of the document."""
    special = {
        ("folds", "combinatorial", "test_groups"): 1,
        ("label", "entry"): "close",
        ("portfolio", "mode"): "directional",
        ("features",): ["technical"],
        ("costs", "slippage"): [[None, 7.0]],
        ("evaluation", "pbo_blocks"): 8,
        ("costs", "maker_share"): 0.5,
        ("gates", "approval"): "required",
        ("gates", "promotion", "max_coverage_gap"): 0.1,
        ("evaluation", "deflate_by"): "fits",
        ("validity", "method"): "split",
        ("calibration", "method"): "platt",
        ("validity", "slices"): ["year"],
        ("validity", "events"): ["2017-02-01"],
        ("sensitivity", "changes"): [0.1],
        ("sensitivity", "seeds"): [4],
        ("sensitivity", "noise"): [0.2],
    }
    if path in special:
        return special[path]
    if path[-1] in OTHER_TEXT:
        return OTHER_TEXT[path[-1]]
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    if isinstance(value, float):
        return value * 0.9 if value else 0.01
    return {"alpha": 0.01}  # parameters of a model that were left at their defaults


def test_every_value_shapes_the_hash(tmp_path: Path) -> None:
    """Changing any one number or word of the whole document, defaults included, changes the hash."""
    base = _experiment(tmp_path, TINY)
    full = base.document()
    seen = {base.content_hash()}
    fixed = {("task",), ("label", "kind")}  # only one value is known today
    for path in _leaves(full):
        if path in fixed:
            continue
        changed = TypeAdapter(Experiment).dump_python(base, mode="json")
        inner = changed
        for key in path[:-1]:
            inner = inner[key]
        inner[path[-1]] = _other(inner[path[-1]], path)
        other = TypeAdapter(Experiment).validate_python(changed)
        assert other.document() != full, path
        assert other.content_hash() not in seen, path
        seen.add(other.content_hash())
    assert len(seen) > 50


def test_targets_shape_no_hash(tmp_path: Path) -> None:
    """They are made beside the chain: declared or not, the experiment is the same, and replay needs none."""
    base = _experiment(tmp_path / "a", TINY)
    with_targets = document(targets={"next_day": {"kind": "direction"}, "risk": {"kind": "volatility", "horizon": 1}})
    other = _experiment(tmp_path / "b", with_targets)
    assert list(other.targets) == ["next_day", "risk"]
    assert (other.content_hash(), other.document()) == (base.content_hash(), base.document())


def test_added_policies_shape_the_hash_once_they_differ(tmp_path: Path) -> None:
    """Label gate, label drift and weight options are out of the document at their defaults only."""
    base = _experiment(tmp_path / "a", TINY)
    assert "labels" not in base.document()["gates"]
    seen = {base.content_hash()}
    changes = (
        {"gates": {"promotion": {}, "labels": {"min_class_share": 0.1}}},
        {"gates": {"promotion": {}, "labels": {"regimes": ["behaviour"]}}},
        {"drift": {"sessions": 60, "labels": {"max_psi": 0.1}}},
        {"weights": {"uniqueness": False, "attribution": True}},
        {"weights": {"uniqueness": False, "draws": 8}},
    )
    for number, change in enumerate(changes):
        seen.add(_experiment(tmp_path / str(number), document(**change)).content_hash())
    assert len(seen) == 1 + len(changes)


def test_layout_does_not_shape_the_hash(tmp_path: Path) -> None:
    """Order of keys, comments and written-out defaults are the same experiment."""
    base = _experiment(tmp_path / "a", TINY)
    (tmp_path / "b").mkdir()
    path = tmp_path / "b" / "tiny.yaml"
    reordered = {key: TINY[key] for key in reversed(TINY)}
    path.write_text("# a comment\n" + yaml.safe_dump(reordered, sort_keys=False))
    assert load_experiment(path).content_hash() == base.content_hash()
    spelled = _experiment(tmp_path / "c", base.document())
    assert spelled.content_hash() == base.content_hash()
    assert spelled == base


def test_the_document_survives_json_and_yaml(tmp_path: Path) -> None:
    """What a manifest stores is what replay reads back."""
    base = _experiment(tmp_path, document(seed=11))
    again = _experiment(tmp_path / "again", yaml.safe_load(yaml.safe_dump(base.document())))
    assert again.document() == base.document()
