"""A model behind transforms: fit, payload and prediction go through one door."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from market_assets.core.errors import BadInputError, IntegrityError
from market_assets.core.labels.spec import WeightSpec
from market_assets.core.labels.weights import fit_weights
from market_assets.core.models.calibration import CalibrationSpec
from market_assets.core.models.fitted import extension_of, predict_rows
from market_assets.core.models.fold_fit import derive_seed, fit_fold, split_calibration
from market_assets.core.models.registry import FAMILY_NAMES, family
from market_assets.core.transforms.base import Rows
from market_assets.core.transforms.chain import apply_chain, unwrap
from market_assets_tests.core.models.planted import COMPUTE, SMALL, training_set
from market_assets_tests.core.transforms.samples import spec_of

DATA = training_set(symbols=8)
TRAIN, TEST = DATA.trainable & (DATA.t1 < 240), DATA.t0 >= 240
SPEC = CalibrationSpec()
CHAIN = (
    spec_of("winsorize"),
    spec_of("clusters", columns=["f3", "f4"], clusters=3),
    spec_of("select"),
    spec_of("median_mad"),
)


def _fit(name: str = "elastic_net", data=DATA, transforms=CHAIN, key="wf00"):
    return fit_fold(
        data,
        TRAIN,
        TEST,
        family=name,
        params=SMALL[name],
        weights=WeightSpec(),
        calibration=SPEC,
        compute=COMPUTE,
        key=key,
        transforms=transforms,
    )


@pytest.mark.parametrize("name", FAMILY_NAMES)
def test_without_transforms_the_payload_is_the_familys_own(name):
    """The same bytes as the family fitted by hand on the same rows, and the file suffix of the family."""
    rows, _ = split_calibration(DATA, TRAIN, SPEC)
    own = replace(COMPUTE, seed=derive_seed(COMPUTE.seed, name, "wf00"))
    weight = fit_weights(DATA, rows, WeightSpec())[rows]
    by_hand = family(name).fit(DATA.x[rows], DATA.y[rows], weight, SMALL[name], own)
    assert _fit(name, transforms=()).payload == by_hand
    assert extension_of(name, ()) == family(name).extension != extension_of(name, CHAIN)


@pytest.mark.parametrize("name", FAMILY_NAMES)
def test_the_payload_predicts_alone(name):
    """Payload and rows give the stored probabilities again, and the family behind the chain gives the same by hand."""
    fit = _fit(name)
    assert np.array_equal(predict_rows(name, fit.payload, DATA, fit.rows, COMPUTE), fit.raw)
    assert np.array_equal(predict_rows(name, fit.payload, DATA, TEST, COMPUTE), fit.raw)
    chain, model = unwrap(fit.payload)
    assert [step.transform.kind for step in chain] == [one.kind for one in CHAIN]
    behind = apply_chain(chain, Rows.of(DATA, TEST))
    assert len(behind.names) == 6 + 3
    assert np.array_equal(family(name).predict(model, behind.x, COMPUTE), fit.raw)


def test_transforms_are_fitted_on_the_rows_of_the_model():
    """Features of test, purged and calibration rows do not move a byte of the payload; those of a model row do."""
    rows, _ = split_calibration(DATA, TRAIN, SPEC)
    for where, same in ((~rows, True), (np.flatnonzero(rows)[:1], False)):
        x = DATA.x.copy()
        x[where] = x[where] * 10 + 3
        assert (_fit(data=replace(DATA, x=x)).payload == _fit().payload) is same


def test_families_of_a_fold_share_their_transforms():
    """The seed of the clusters is that of the fold, not of the family."""
    chains = [unwrap(_fit(name).payload)[0] for name in ("elastic_net", "lightgbm")]
    states = [[step.transform.to_bytes(step.state) for step in chain] for chain in chains]
    assert states[0] == states[1]


def test_rows_of_other_columns_and_damaged_payloads_are_refused():
    """Columns that are named otherwise do not pass for those of the fit; a cut payload is no model."""
    fit = _fit()
    renamed = replace(DATA, feature_names=tuple(f"g{k}" for k in range(6)))
    with pytest.raises(BadInputError, match="transform_columns"):
        predict_rows("elastic_net", fit.payload, renamed, TEST, COMPUTE)
    for bad in (fit.payload[:-1], fit.payload[:40]):
        with pytest.raises(IntegrityError):
            predict_rows("elastic_net", bad, DATA, TEST, COMPUTE)
