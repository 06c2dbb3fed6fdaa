"""Transforms one after the other, and the bytes in which they travel with a model."""

from __future__ import annotations

import numpy as np
import pytest

from market_assets.core.errors import IntegrityError
from market_assets.core.models import arrays
from market_assets.core.transforms.chain import MAGIC, apply_chain, fit_chain, unwrap, wrap
from market_assets_tests.core.transforms.samples import sample, spec_of

SAMPLE = sample()
SPECS = (
    spec_of("winsorize"),
    spec_of("clusters", columns=["level", "size"], clusters=3),
    spec_of("select"),
    spec_of("standard"),
)
MODEL = b"any bytes of a model at all"


def test_each_transform_is_fitted_on_what_those_before_it_give() -> None:
    """The chain equals its parts applied by hand, and the training rows behind it are what applying it gives."""
    chain, behind = fit_chain(SAMPLE, SPECS, 1)
    rows = SAMPLE
    for step, spec in zip(chain, SPECS, strict=True):
        by_hand = step.transform.fit(rows, spec, 1)
        assert step.transform.to_bytes(by_hand) == step.transform.to_bytes(step.state)
        rows = step.transform.apply(by_hand, rows)
    assert rows.names == behind.names == apply_chain(chain, SAMPLE).names
    assert rows.x.tobytes() == behind.x.tobytes() == apply_chain(chain, SAMPLE).x.tobytes()
    assert {"flat", "empty", "again"}.isdisjoint(behind.names)
    np.testing.assert_allclose(np.nanstd(behind.x, axis=0, dtype=float), 1.0, rtol=1e-4)


def test_without_transforms_nothing_is_added() -> None:
    """The rows are the same object, the payload the model's own bytes, and reading it back finds no chain."""
    chain, behind = fit_chain(SAMPLE, (), 1)
    assert behind is SAMPLE
    assert apply_chain(chain, SAMPLE) is SAMPLE
    assert wrap(chain, MODEL) == MODEL
    assert unwrap(MODEL) == ((), MODEL)


def test_bytes_and_back() -> None:
    """Chain and model survive; the same fit has the same bytes."""
    chain, _ = fit_chain(SAMPLE, SPECS, 1)
    data = wrap(chain, MODEL)
    again, model = unwrap(data)
    assert model == MODEL
    assert wrap(again, model) == data == wrap(fit_chain(SAMPLE, SPECS, 1)[0], MODEL)
    assert apply_chain(again, SAMPLE).x.tobytes() == apply_chain(chain, SAMPLE).x.tobytes()


def test_damage_is_an_integrity_error() -> None:
    """Cut bytes, parts left out, named otherwise or in another order are never a chain."""
    data = wrap(fit_chain(SAMPLE, SPECS, 1)[0], MODEL)
    meta, parts = arrays.decode(data[len(MAGIC) :])
    kinds = meta["kinds"]
    swapped = {**parts, "state_00": parts["state_03"], "state_03": parts["state_00"]}
    rotten = [
        data[: len(MAGIC)],
        data[:-1],
        data + b"\0",
        MAGIC + MODEL,
        MAGIC + arrays.encode({**meta, "format": "chain/0"}, parts),
        MAGIC + arrays.encode({**meta, "kinds": []}, {"model": parts["model"]}),
        MAGIC + arrays.encode({**meta, "kinds": [*kinds[:3], "exec"]}, parts),
        MAGIC + arrays.encode({**meta, "kinds": [*kinds[:3], ["standard"]]}, parts),
        MAGIC + arrays.encode({**meta, "kinds": kinds[:3]}, parts),
        MAGIC + arrays.encode({**meta, "more": 1}, parts),
        MAGIC + arrays.encode(meta, {name: part for name, part in parts.items() if name != "model"}),
        MAGIC + arrays.encode(meta, {**parts, "model": parts["model"].astype(np.int32)}),
        MAGIC + arrays.encode(meta, {**parts, "state_00": parts["state_03"]}),
        MAGIC + arrays.encode({**meta, "kinds": [kinds[3], *kinds[1:3], kinds[0]]}, swapped),
    ]
    for bad in rotten:
        with pytest.raises(IntegrityError):
            unwrap(bad)


def test_a_flipped_bit_of_the_header_is_seen() -> None:
    """Behind the magic bytes, whichever of the first 120 bytes is changed."""
    data = wrap(fit_chain(SAMPLE, SPECS[:1], 1)[0], MODEL)
    for position in range(len(MAGIC), len(MAGIC) + 120):
        bad = bytearray(data)
        bad[position] ^= 1
        with pytest.raises(IntegrityError):
            unwrap(bytes(bad))
