"""Experiment files: what is accepted, and how everything else is refused."""

from copy import deepcopy
from pathlib import Path

import pytest
import yaml

from market_assets.core.errors import BadInputError
from market_assets.experiments.loader import load_data_policy, load_experiment, load_experiments
from market_assets.settings import Settings
from market_assets_tests.worlds import TINY, document, write_experiments

SHIPPED = Settings(home=Path("nowhere")).experiments


def _refused(folder: Path, text: str, name: str = "tiny.yaml") -> BadInputError:
    path = folder / name
    path.write_text(text)
    with pytest.raises(BadInputError) as caught:
        load_experiment(path)
    assert str(path) in str(caught.value), "the error names the file"
    return caught.value


def _changed(*keys: str, value: object) -> str:
    changed = deepcopy(TINY)
    inner = changed
    for key in keys[:-1]:
        inner = inner.setdefault(key, {})
    inner[keys[-1]] = value
    return yaml.safe_dump(changed)


def test_shipped_files_load() -> None:
    """Two experiments and the data policy of the package are valid."""
    found = load_experiments(SHIPPED)
    assert list(found) == ["direction_daily", "direction_index"]
    assert {name for item in found.values() for name in item.models} == {
        "xgboost",
        "lightgbm",
        "catboost",
        "random_forest",
        "elastic_net",
    }
    assert load_data_policy(SHIPPED).version >= 1


@pytest.mark.parametrize(
    ("keys", "value", "column"),
    [
        (("surprise",), 1, "surprise"),
        (("label", "holdign"), 5, "label.holdign"),
        (("folds", "walk_forward", "fold"), 3, "folds.walk_forward.fold"),
        (("label", "holding"), 0, "label.holding"),
        (("targets", "up"), {"kind": "direction", "horizon": 0}, "targets.up.direction.horizon"),
        (("targets", "up"), {"kind": "astrology"}, "targets.up"),
        (("targets", "up"), {"horizon": 1}, "targets.up"),
        (("gates", "labels", "regimes"), ["moon"], "gates.labels.regimes.0"),
        (("folds", "embargo"), -0.1, "folds.embargo"),
        (("gates", "promotion", "max_pbo"), 1.5, "gates.promotion.max_pbo"),
        (("seed",), -1, "seed"),
        (("seed",), "seven", "seed"),
        (("warmup",), 1.5, "warmup"),
        (("portfolio", "cap"), 0.0, "portfolio.cap"),
        (("task",), "volatility", "task"),
        (("owner",), "bob", "owner"),
        (("models",), {}, "models"),
        (("features",), [], "features"),
        (("evaluation", "pbo_blocks"), 7, "evaluation.pbo_blocks"),
        (("evaluation", "mean_block"), float("nan"), "evaluation.mean_block"),
        (("costs", "taker_bp"), float("inf"), "costs.taker_bp"),
    ],
    ids=lambda value: ".".join(value) if isinstance(value, tuple) else None,
)
def test_a_wrong_key_or_number_is_named(tmp_path: Path, keys: tuple[str, ...], value: object, column: str) -> None:
    """Unknown keys, wrong types and numbers out of range: one error, with file and key."""
    error = _refused(tmp_path, _changed(*keys, value=value))
    assert error.rule == "experiment_schema"
    assert error.where.column == column


def test_a_missing_key_is_named(tmp_path: Path) -> None:
    """Nothing has a silent default at the top level."""
    for key in TINY:
        text = yaml.safe_dump({name: value for name, value in TINY.items() if name != key})
        assert _refused(tmp_path, text).where.column == key


@pytest.mark.parametrize(
    ("keys", "value", "column"),
    [(("models", "adaboost"), {}, "models"), (("features",), ["technical", "astrology"], "features")],
)
def test_an_unknown_family_is_named_with_the_known_ones(
    tmp_path: Path, keys: tuple[str, ...], value: object, column: str
) -> None:
    """A model or feature family that is not registered is refused, and the registered ones are listed."""
    error = _refused(tmp_path, _changed(*keys, value=value))
    assert (error.rule, error.where.column) == ("unknown_family", column)
    assert "known: " in str(error)


@pytest.mark.parametrize(
    ("params", "word"), [({"round": 20}, "round"), ({"rounds": 0}, "rounds"), ({"rounds": "many"}, "rounds")]
)
def test_a_wrong_model_parameter_is_named(tmp_path: Path, params: dict, word: str) -> None:
    """Parameters of a family are checked when the file is read, not when the first fold is fitted."""
    error = _refused(tmp_path, _changed("models", "lightgbm", value=params))
    assert word in str(error)
    assert error.where.column.startswith("models.lightgbm")


@pytest.mark.parametrize(
    ("second", "rule"),
    [
        ({"family": "oracle"}, "unknown_family"),
        ({"params": {"rounds": 20}}, "unknown_parameter"),
        ({"threshold": 1.0}, "experiment_schema"),
    ],
)
def test_a_wrong_second_model_is_named(tmp_path: Path, second: dict, rule: str) -> None:
    """The second stage is checked when the file is read, too."""
    error = _refused(tmp_path, _changed("second_stage", value=second))
    assert error.rule == rule
    assert (error.where.column or "").startswith("second_stage")


def test_a_family_named_twice_is_refused(tmp_path: Path) -> None:
    """A feature family listed twice would double its columns; it is refused by name."""
    error = _refused(tmp_path, _changed("features", value=["technical", "volatility", "technical"]))
    assert (error.rule, error.where.column) == ("family_twice", "features")


def test_a_key_written_twice_is_refused(tmp_path: Path) -> None:
    """YAML would silently keep the last of two; here both are named."""
    error = _refused(tmp_path, yaml.safe_dump(TINY) + "seed: 8\n")
    assert error.rule == "yaml"
    assert "'seed' is written twice" in str(error)


def test_a_name_must_equal_its_file(tmp_path: Path) -> None:
    """The name is the key prefix and the champion slot: it stands in the file name, or nothing is loaded."""
    error = _refused(tmp_path, yaml.safe_dump(TINY), "other.yaml")
    assert error.rule == "experiment_name"


@pytest.mark.parametrize("name", ["a.b", "../x", "Up", "a|b"])
def test_an_unsafe_target_name_is_refused(tmp_path: Path, name: str) -> None:
    """The name is part of an asset key and, after a dot, of a name in the store."""
    error = _refused(tmp_path, _changed("targets", name, value={"kind": "direction"}))
    assert (error.rule, error.where.column) == ("name_allow_list", f"targets.{name}")


@pytest.mark.parametrize("name", ["../x", "a|b", "a,b", "", "'; drop table"])
def test_an_unsafe_name_is_refused(tmp_path: Path, name: str) -> None:
    """A name that could not be an asset key or a path is refused before anything is built from it."""
    error = _refused(tmp_path, yaml.safe_dump(document(name=name)))
    assert error.rule in ("name_allow_list", "experiment_schema")


@pytest.mark.parametrize(
    "text", ["", "[1, 2]", "name: [", "just text", "a: &x 1\nb: !!python/object/apply:os.system [ls]"]
)
def test_a_file_that_is_no_experiment_is_refused(tmp_path: Path, text: str) -> None:
    """Empty, broken and hostile YAML give an error with the file's name, and run nothing."""
    assert _refused(tmp_path, text).rule in ("yaml", "experiment_schema")


def test_a_missing_file_and_an_empty_folder_are_refused(tmp_path: Path) -> None:
    """Both name what was looked for."""
    with pytest.raises(BadInputError, match="no such experiment file"):
        load_experiment(tmp_path / "tiny.yaml")
    with pytest.raises(BadInputError, match="no experiment file"):
        load_experiments(tmp_path)


def test_the_data_policy_is_the_folders_own_or_the_packages(tmp_path: Path) -> None:
    """A folder without one uses the shipped thresholds; a wrong one is refused with file and key."""
    write_experiments(tmp_path, TINY)
    assert load_data_policy(tmp_path) == load_data_policy(SHIPPED)
    (tmp_path / "data_policy.yaml").write_text("version: 1\nquality: {}\nquality_gate: {}\nleakage: {cuts: 0}\n")
    with pytest.raises(BadInputError) as caught:
        load_data_policy(tmp_path)
    assert caught.value.where.column == "leakage.cuts"
    assert list(load_experiments(tmp_path)) == ["tiny"], "the policy file is no experiment"
