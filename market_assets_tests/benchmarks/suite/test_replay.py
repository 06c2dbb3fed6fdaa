"""Counting what replay compared."""

import os

from benchmarks.suite.replay import families_equal, newest_champion


def test_fold_models_are_counted_by_family():
    """A family is byte-equal when all its folds are; inputs and champion are counted apart."""
    compared = [
        {"what": "training set", "equal": False},
        {"what": "fold model xgboost cp00", "equal": True},
        {"what": "fold model xgboost cp01", "equal": False},
        {"what": "fold model elastic_net cp00", "equal": True},
    ]
    assert families_equal(compared) == {"elastic_net": (1, 1), "xgboost": (1, 2)}


def test_newest_bundle_is_the_champion(tmp_path):
    """Unfinished bundles, which begin with a dot, do not count."""
    assert newest_champion(tmp_path) is None
    bundles = tmp_path / "governance" / "bundles"
    for age, name in enumerate((".half", "new", "old")):
        (bundles / name).mkdir(parents=True)
        os.utime(bundles / name, (1000 - age, 1000 - age))
    assert newest_champion(tmp_path) == "new"
