"""Normalization and transforms in an experiment file."""

from pathlib import Path
from typing import Any

import pytest

from market_assets.assets.fold_models import configuration
from market_assets.assets.training import build_training
from market_assets.core.errors import BadInputError
from market_assets.core.identity import fingerprint
from market_assets.core.models.registry import family
from market_assets.experiments.loader import load_data_policy, load_experiment, load_experiments
from market_assets.experiments.spec import Experiment
from market_assets.settings import Settings
from market_assets_tests.worlds import document, write_experiments

CLUSTERS = {"kind": "clusters", "columns": ["std_20", "skew_60"]}
ZSCORE = {"kind": "zscore", "window": 60, "least": 30}
SHIPPED = Settings(home=Path("nowhere")).experiments


def _load(folder: Path, **changes: Any) -> Experiment:
    write_experiments(folder, document(**changes))
    return load_experiment(folder / "tiny.yaml")


def _training_version(experiment: Experiment) -> str | None:
    return next(iter(build_training(experiment, load_data_policy(SHIPPED))[0].specs)).code_version


def test_at_the_default_nothing_is_in_a_document_or_an_identity() -> None:
    """Of a shipped experiment the identity of a configuration is what it was before there were transforms."""
    for experiment in load_experiments(SHIPPED).values():
        found = experiment.document()
        assert {"normalization", "transforms"}.isdisjoint(found)
        shaping = {name: found[name] for name in ("features", "warmup", "label", "weights", "calibration", "seed")}
        for name, params in found["models"].items():
            known = fingerprint(family=name, version=family(name).version, params=params, **shaping)
            assert configuration(experiment, name) == known


def test_switched_on_they_shape_every_identity_they_reach(tmp_path: Path) -> None:
    """Kind, order and each parameter give another document and configuration; normalization another training set."""
    variants: list[dict[str, Any]] = [
        {},
        {"transforms": [{"kind": "standard"}]},
        {"transforms": [{"kind": "winsorize"}]},
        {"transforms": [{"kind": "winsorize", "high": 0.9}]},
        {"transforms": [{"kind": "winsorize"}, {"kind": "standard"}]},
        {"transforms": [{"kind": "standard"}, {"kind": "winsorize"}]},
        {"transforms": [CLUSTERS]},
        {"transforms": [{**CLUSTERS, "output": "distance"}]},
        {"normalization": ZSCORE},
        {"normalization": {**ZSCORE, "window": 61}},
        {"normalization": {**ZSCORE, "leave": ["std_20", "skew_60"]}, "transforms": [CLUSTERS]},
    ]
    loaded = [_load(tmp_path, **changes) for changes in variants]
    assert len({one.content_hash() for one in loaded}) == len(variants)
    assert len({configuration(one, "lightgbm") for one in loaded}) == len(variants)
    assert len({_training_version(one) for one in loaded}) == 4
    for one in loaded:
        assert load_experiment(_written(tmp_path, one)).document() == one.document()


def _written(folder: Path, experiment: Experiment) -> Path:
    write_experiments(folder, experiment.document())
    return folder / "tiny.yaml"


@pytest.mark.parametrize(
    ("changes", "rule", "column"),
    [
        ({"transforms": [{"kind": "pickle"}]}, "experiment_schema", "transforms.0"),
        ({"transforms": [{"kind": "winsorize", "low": 0.7}]}, "experiment_schema", "transforms.0.winsorize.low"),
        ({"transforms": [{"kind": "standard", "mean": 1}]}, "experiment_schema", "transforms.0.standard.mean"),
        ({"transforms": [{"kind": "standard"}] * 2}, "transform_twice", "transforms"),
        ({"transforms": [{"kind": "clusters"}]}, "unknown_column", "transforms.0.columns"),
        ({"transforms": [{"kind": "select"}, CLUSTERS]}, "transform_order", "transforms.1"),
        ({"transforms": [CLUSTERS], "normalization": ZSCORE}, "cluster_levels", "transforms.0"),
        ({"normalization": {"kind": "zscore", "window": 20}}, "experiment_schema", "normalization"),
        ({"normalization": {**ZSCORE, "families": ["regime"]}}, "unknown_family", "normalization.families"),
        ({"normalization": {**ZSCORE, "leave": ["std_21"]}}, "unknown_column", "normalization.leave"),
        ({"switched_on": {"regime": "0" * 64}}, "unknown_family", "switched_on"),
        ({"switched_on": {"technical": "latest"}}, "experiment_schema", "switched_on.technical"),
    ],
)
def test_what_cannot_work_is_refused_when_the_file_is_read(
    tmp_path: Path, changes: dict[str, Any], rule: str, column: str
) -> None:
    """One error with file and key, before any fold is fitted."""
    with pytest.raises(BadInputError) as caught:
        _load(tmp_path, **changes)
    assert (caught.value.rule, caught.value.where.column) == (rule, column)
    assert str(tmp_path) in str(caught.value)


def test_the_default_clusters_fit_the_shipped_features(tmp_path: Path) -> None:
    """With the features of the shipped experiments the six behaviour columns are there."""
    features = ["technical", "cross_sectional", "regime", "volatility"]
    assert len(_load(tmp_path, features=features, transforms=[{"kind": "clusters"}]).transforms[0].columns) == 6
