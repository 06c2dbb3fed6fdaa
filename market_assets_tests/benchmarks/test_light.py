"""Lighter experiment files."""

from benchmarks.light import OPEN_GATES, ROUNDS, write_light
from market_assets.experiments.loader import load_experiments


def test_light_files_load_and_keep_the_chain(tmp_path):
    """Few rounds and resamples, the same families, folds and gates."""
    light = load_experiments(write_light(tmp_path / "light"))["direction_daily"]
    open_gates = load_experiments(write_light(tmp_path / "open", open_gates=True))["direction_daily"]
    assert set(light.models) == {"xgboost", "lightgbm", "catboost", "random_forest", "elastic_net"}
    assert max(value for params in light.models.values() for value in params.values()) == ROUNDS
    assert light.gates.promotion.min_deflated_sharpe == 0.95
    assert open_gates.gates.promotion.max_pbo == OPEN_GATES["max_pbo"]
    assert open_gates.folds == light.folds
