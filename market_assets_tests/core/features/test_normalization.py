"""Rolling normalization as an option of the training set."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from pydantic import ValidationError

from market_assets.core.features.base import Family
from market_assets.core.features.causality import default_cuts, prove_causal
from market_assets.core.features.declaration import CLOSE, Feature
from market_assets.core.features.normalization import NormalizationSpec, normalize_family, normalize_series
from market_assets.core.folds.training_set import assemble
from market_assets.core.labels.spec import LabelSpec, WeightSpec
from market_assets.core.labels.triple_barrier import triple_barrier
from market_assets.core.market.adjust import adjust
from market_assets.core.market.panel import Floats, Panel
from market_assets_tests.core.features.panels import market

KINDS = ("zscore", "winsorize", "median_mad")
NAMES = ("ret", "range", "volume")
RAW = market(sessions=220, equities=4)


def _features(panel: Panel) -> Floats:
    """Log return (NaN on the first bar of a symbol), relative range and volume of the same bar."""
    ret = np.full(panel.n_rows, np.nan)
    ret[1:] = np.log(panel.close[1:] / panel.close[:-1])
    ret[panel.offsets[:-1]] = np.nan
    return np.column_stack([ret, panel.high / panel.low - 1.0, panel.volume])


def _family(compute: Callable[[Panel], Floats]) -> Family:
    return Family("toy", "1", dict.fromkeys(NAMES, Feature("toy", "own", CLOSE, 60)), compute)


@pytest.mark.parametrize("kind", KINDS)
def test_normalized_features_pass_the_causality_proof(kind: str) -> None:
    """With the future of raw bars perturbed and dropped, every earlier value keeps its bytes."""
    spec = NormalizationSpec(kind=kind, window=40, least=20)

    def compute(panel: Panel) -> Floats:
        return normalize_family("toy", NAMES, _features(panel), panel.offsets, spec)

    found = prove_causal(_family(compute), RAW, default_cuts(RAW, n=2), seed=0)
    assert found.passed, found.violations[:3]


def test_a_normalization_over_the_whole_series_is_caught() -> None:
    """The planted bug: the same scaling with moments of all rows."""

    def leaky(panel: Panel) -> Floats:
        values = _features(panel)
        return (values - np.nanmean(values, axis=0)) / np.nanstd(values, axis=0)

    found = prove_causal(_family(leaky), RAW, default_cuts(RAW, n=2), seed=0)
    assert set(found.leaks) == set(NAMES)


@pytest.mark.parametrize("kind", KINDS)
def test_each_symbol_is_normalized_by_itself(kind: str) -> None:
    """Every block of rows is what the series gives alone; features and families that are left out stay."""
    spec = NormalizationSpec(kind=kind, window=40, least=20, leave=("range",))
    values = _features(RAW)
    done = normalize_family("toy", NAMES, values, RAW.offsets, spec)
    assert done[:, 1].tobytes() == values[:, 1].tobytes()
    for index in range(len(RAW.symbols)):
        rows = RAW.rows(index)
        for j in (0, 2):
            assert done[rows, j].tobytes() == normalize_series(values[rows, j].copy(), spec).tobytes()
    others = NormalizationSpec(kind=kind, families=("technical",))
    assert normalize_family("toy", NAMES, values, RAW.offsets, others) is values


def test_the_training_set_holds_normalized_features() -> None:
    """Warm-up bars count for the windows and are dropped afterwards; labels and rows are those of the plain set."""
    spec = NormalizationSpec(kind="zscore", window=40, least=20)
    blocks = {"toy": (NAMES, _features(RAW))}
    labels = triple_barrier(adjust(RAW), LabelSpec(holding=5))
    plain = assemble(RAW, blocks, labels, WeightSpec(), 30)
    done = assemble(RAW, blocks, labels, WeightSpec(), 30, spec)
    values = normalize_family("toy", NAMES, _features(RAW), RAW.offsets, spec).astype(np.float32)
    first = values[RAW.rows(0)][30:]
    assert np.array_equal(done.x[done.code == 0], first)
    assert not np.isnan(done.x).any()
    assert np.array_equal(plain.x[plain.code == 0], _features(RAW)[RAW.rows(0)][30:].astype(np.float32))
    assert replace(done, x=plain.x).content_hash() == plain.content_hash() != done.content_hash()


def test_a_window_must_hold_what_is_asked_of_it() -> None:
    """More values than bars are refused when the file is read."""
    with pytest.raises(ValidationError, match="a window of 20 bars never holds 30 values"):
        NormalizationSpec(kind="zscore", window=20, least=30)
