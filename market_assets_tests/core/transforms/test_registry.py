"""What every fitted transform must do; a new one is tested by being listed."""

from __future__ import annotations

import numpy as np
import pytest

from market_assets.core.errors import BadInputError, IntegrityError
from market_assets.core.models import arrays
from market_assets.core.transforms.base import Rows, State
from market_assets.core.transforms.registry import TRANSFORMS
from market_assets_tests.core.transforms.samples import CASES, PARAMETERS, case, rows_where, sample

SAMPLE = sample()
TRAIN = np.arange(len(SAMPLE.x)) % 50 < 30
TRAINING = rows_where(SAMPLE, TRAIN)


def _fitted(kind: str, number: int) -> tuple:
    transform, spec = case(kind, number)
    return transform, transform.fit(TRAINING, spec, 7)


def test_every_transform_has_cases() -> None:
    """The parameters of the samples name every kind, and every kind names itself in its record."""
    assert set(PARAMETERS) == set(TRANSFORMS)
    assert all(spec.kind == transform.kind for transform, spec in (case(*one) for one in CASES))


@pytest.mark.parametrize(("kind", "number"), CASES)
def test_rows_outside_the_training_part_do_not_matter(kind: str, number: int) -> None:
    """Whatever stands in the other rows, the state keeps its bytes: the fit through a mask sees training rows only."""
    transform, spec = case(kind, number)
    spoilt = SAMPLE.x.copy()
    spoilt[~TRAIN] = np.random.Generator(np.random.PCG64(1)).standard_normal(spoilt[~TRAIN].shape) * 1e6
    other = rows_where(Rows(SAMPLE.names, spoilt, SAMPLE.symbols, SAMPLE.code), TRAIN)
    before, after = (transform.fit(rows, spec, 7) for rows in (TRAINING, other))
    assert transform.to_bytes(before) == transform.to_bytes(after)
    leaky = [transform.fit(Rows(SAMPLE.names, x, *_whose(SAMPLE)), spec, 7) for x in (SAMPLE.x, spoilt)]
    assert transform.to_bytes(leaky[0]) != transform.to_bytes(leaky[1]), "the planted bug: a fit on all rows"


def _whose(rows: Rows) -> tuple:
    return rows.symbols, rows.code


@pytest.mark.parametrize(("kind", "number"), CASES)
def test_apply_is_row_by_row(kind: str, number: int) -> None:
    """Alone, in another order or among all, a row becomes the same bytes; names, symbols and rows are kept apart."""
    transform, state = _fitted(kind, number)
    done = transform.apply(state, SAMPLE)
    assert done.names == transform.columns(state)
    assert done.x.shape == (len(SAMPLE.x), len(done.names))
    assert done.x.dtype == np.float32
    assert (done.symbols, done.code) == _whose(SAMPLE)
    order = np.random.Generator(np.random.PCG64(2)).permutation(len(SAMPLE.x))
    assert transform.apply(state, rows_where(SAMPLE, order)).x.tobytes() == done.x[order].tobytes()
    for row in (0, 51, 599):
        assert transform.apply(state, rows_where(SAMPLE, [row])).x.tobytes() == done.x[[row]].tobytes()
    assert transform.apply(state, rows_where(SAMPLE, [])).x.shape == (0, len(done.names))


@pytest.mark.parametrize(("kind", "number"), CASES)
def test_nan_stays_nan_and_nothing_becomes_infinite(kind: str, number: int) -> None:
    """A column of the input that is still there has NaN where it had NaN, and absurd values stay finite."""
    transform, state = _fitted(kind, number)
    wild = SAMPLE.x.copy()
    wild[::7] = np.sign(wild[::7]) * np.float32(3e38)
    done = transform.apply(state, Rows(SAMPLE.names, wild, *_whose(SAMPLE)))
    for j, name in enumerate(done.names):
        if name in SAMPLE.names:
            assert np.array_equal(np.isnan(done.x[:, j]), np.isnan(wild[:, SAMPLE.names.index(name)]))
    assert not np.isinf(done.x).any()


@pytest.mark.parametrize(("kind", "number"), CASES)
def test_bytes_and_back(kind: str, number: int) -> None:
    """The state read back transforms alike and has the same bytes; fitted again it has them too."""
    transform, state = _fitted(kind, number)
    data = transform.to_bytes(state)
    again = transform.from_bytes(data)
    assert transform.to_bytes(again) == data == transform.to_bytes(_fitted(kind, number)[1])
    assert transform.apply(again, SAMPLE).x.tobytes() == transform.apply(state, SAMPLE).x.tobytes()


@pytest.mark.parametrize(("kind", "number"), CASES)
def test_damage_is_an_integrity_error(kind: str, number: int) -> None:
    """Cut, of another kind or version, with an array of another shape or a value out of range: never a transform."""
    transform, state = _fitted(kind, number)
    data = transform.to_bytes(state)
    meta, values = arrays.decode(data)
    name = sorted(values)[0]
    rotten = [
        data[:-1],
        data + b"\0",
        b"",
        arrays.encode({**meta, "kind": "other"}, values),
        arrays.encode({**meta, "version": "0"}, values),
        arrays.encode({**meta, "names": []}, values),
        arrays.encode({**meta, "names": [*meta["names"], meta["names"][0]]}, values),
        arrays.encode({**meta, "words": []}, values),
        arrays.encode({**meta, "names": meta["names"][:1]}, values),
        arrays.encode(meta, {**values, name: values[name][:, None]}),
        arrays.encode(meta, {**values, "more": values[name]}),
        arrays.encode(meta, {key: array for key, array in values.items() if key != name}),
        arrays.encode(meta, {**values, name: np.full(values[name].shape, -1, values[name].dtype) * 10**6 * 3})
        if kind == "select"
        else arrays.encode(meta, {**values, name: np.full(values[name].shape, np.nan, values[name].dtype)}),
    ]
    for bad in rotten:
        with pytest.raises(IntegrityError):
            transform.from_bytes(bad)


@pytest.mark.parametrize(("kind", "number"), CASES)
def test_rows_with_other_columns_are_refused(kind: str, number: int) -> None:
    """Another order of the columns is another set of columns."""
    transform, state = _fitted(kind, number)
    turned = Rows(SAMPLE.names[::-1], SAMPLE.x[:, ::-1], *_whose(SAMPLE))
    with pytest.raises(BadInputError, match="transform_columns"):
        transform.apply(state, turned)


def test_a_state_without_its_words_is_refused() -> None:
    """Clusters whose columns or symbols do not fit their arrays are not read."""
    transform, state = _fitted("clusters", 0)
    for change in ({"symbols": ["S00"]}, {"columns": ["nowhere", "size"]}, {"output": "loud"}, {"columns": "level"}):
        bad = State(state.names, state.values, {**state.words, **change})
        with pytest.raises(IntegrityError):
            transform.from_bytes(transform.to_bytes(bad))
