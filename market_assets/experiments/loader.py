"""Reads experiment files: every error names the file and the key."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import TypeAdapter, ValidationError

from market_assets.core.errors import BadInputError, Location
from market_assets.core.features.registry import FAMILIES
from market_assets.core.identifiers import check_name
from market_assets.core.models.registry import FAMILY_NAMES
from market_assets.core.models.registry import family as model_family
from market_assets.core.search.label_space import OUT_OF_FOLD
from market_assets.core.search.signals import check_feature
from market_assets.experiments.columns import check_columns
from market_assets.experiments.spec import DataPolicy, Experiment

DATA_POLICY_FILE = "data_policy.yaml"
T = TypeVar("T")


class _UniqueKeyLoader(yaml.SafeLoader):
    """Refuses a key written twice; YAML would silently keep the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        for key in keys:
            if keys.count(key) > 1:
                raise yaml.constructor.ConstructorError(None, None, f"key {key!r} is written twice", node.start_mark)
        return super().construct_mapping(node, deep)


def _read(path: Path, kind: type[T]) -> T:
    try:
        document = yaml.load(path.read_text(encoding="utf-8"), Loader=_UniqueKeyLoader)
    except FileNotFoundError:
        raise BadInputError("missing_file", "no such experiment file", Location(str(path))) from None
    except yaml.YAMLError as error:
        raise BadInputError("yaml", " ".join(str(error).split()), Location(str(path))) from error
    try:
        return TypeAdapter(kind).validate_python(document)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = Location(str(path), column=".".join(str(part) for part in first["loc"]) or None)
        raise BadInputError("experiment_schema", f"{first['msg']} (got {first['input']!r})", where) from error


def load_experiment(path: Path) -> Experiment:
    """Read and validate one experiment file.

    Raises
    ------
    BadInputError
        rules ``missing_file``, ``yaml``, ``experiment_schema``, ``name_allow_list``, ``experiment_name``,
        ``unknown_family``, ``family_twice``, ``unknown_signal``, those of ``check_columns``, and those of the model
        families for their parameters.
    """
    experiment = _read(path, Experiment)
    check_name(experiment.name, Location(str(path), column="name"))
    if experiment.name != path.stem:
        raise BadInputError(
            "experiment_name", f"name {experiment.name!r} must equal the file name", Location(str(path), column="name")
        )
    for column, wanted, known in (
        ("features", experiment.features, tuple(FAMILIES)),
        ("models", tuple(experiment.models), FAMILY_NAMES),
    ):
        for name in wanted:
            if name not in known:
                message = f"unknown {column} family {name!r}; known: {', '.join(known)}"
                raise BadInputError("unknown_family", message, Location(str(path), column=column))
            if wanted.count(name) > 1:
                raise BadInputError("family_twice", f"{name!r} is named twice", Location(str(path), column=column))
    for name in experiment.targets:
        _check_target(experiment.name, name, path)
    _check_switches(experiment, path)
    _check_parameters(experiment, path)
    _check_signal(experiment, path)
    check_columns(experiment, path)
    return experiment


def _check_target(experiment: str, name: str, path: Path) -> None:
    """A target's name is part of an asset key, and of ``<experiment>.<target>`` in the store."""
    where = Location(str(path), column=f"targets.{name}")
    if "." in check_name(name, where):
        raise BadInputError("name_allow_list", f"the name of target {name!r} must not hold a dot", where)
    check_name(f"{experiment}.{name}", where)


def _check_switches(experiment: Experiment, path: Path) -> None:
    if unused := [name for name in experiment.switched_on if name not in experiment.features]:
        where = Location(str(path), column="switched_on")
        raise BadInputError("unknown_family", f"the experiment has no {unused[0]!r}", where)


def _check_parameters(experiment: Experiment, path: Path) -> None:
    """A wrong model parameter is refused here, not when the first fold is fitted and its trial recorded."""
    second = experiment.second_stage
    asked = [(f"models.{name}", name, params) for name, params in experiment.models.items()]
    for column, name, params in (*asked, ("second_stage", second.family, second.params)):
        try:
            model_family(name).resolve(params)
        except BadInputError as error:
            raise BadInputError(error.rule, error.message, Location(str(path), column=column)) from error


def _check_signal(experiment: Experiment, path: Path) -> None:
    if experiment.label_search.signal != OUT_OF_FOLD:
        try:
            check_feature(experiment.label_search.signal)
        except BadInputError as error:
            where = Location(str(path), column="label_search.signal")
            raise BadInputError(error.rule, error.message, where) from error


def load_experiments(folder: Path) -> dict[str, Experiment]:
    """Every experiment of a folder, by name, in name order."""
    paths = sorted(path for path in folder.glob("*.yaml") if path.name != DATA_POLICY_FILE)
    if not paths:
        raise BadInputError("no_experiments", "the folder holds no experiment file (*.yaml)", Location(str(folder)))
    return {path.stem: load_experiment(path) for path in paths}


def load_data_policy(folder: Path) -> DataPolicy:
    """The policy of the shared layers; the package's own file when the folder has none."""
    path = folder / DATA_POLICY_FILE
    return _read(path if path.exists() else Path(__file__).with_name(DATA_POLICY_FILE), DataPolicy)
