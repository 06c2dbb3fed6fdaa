"""Behaviour clusters of symbols."""

from __future__ import annotations

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from market_assets.core.errors import BadInputError, NotEnoughDataError
from market_assets.core.transforms.base import Rows
from market_assets.core.transforms.clusters import CLUSTERS, PREFIX, behaviour, k_means
from market_assets_tests.core.transforms.samples import SYMBOLS, rows_where, sample, spec_of

FOUR = spec_of("clusters", columns=["level", "size"], clusters=4)
SAMPLE = sample()


def _chosen(state, rows: Rows) -> np.ndarray:
    """Number of the cluster of each row."""
    done = CLUSTERS.apply(state, rows)
    columns = [j for j, name in enumerate(done.names) if name.startswith(PREFIX)]
    assert set(np.unique(done.x[:, columns])) == {0.0, 1.0}
    assert np.all(done.x[:, columns].sum(axis=1) == 1)
    return done.x[:, columns].argmax(axis=1)


def test_planted_groups_are_found_and_numbered_by_level() -> None:
    """Twelve symbols in four groups: each symbol gets its group, and centres count upwards by the first column."""
    state = CLUSTERS.fit(SAMPLE, FOUR, 0)
    assert np.array_equal(_chosen(state, SAMPLE), SAMPLE.code % 4)
    assert np.array_equal(CLUSTERS.apply(state, SAMPLE).x[:, :7], SAMPLE.x, equal_nan=True)
    assert np.array_equal(_chosen(CLUSTERS.fit(SAMPLE, FOUR, 99), SAMPLE), SAMPLE.code % 4), "whatever the seed"


def test_behaviour_is_the_mean_over_the_rows_of_the_symbol() -> None:
    """The plain definition, symbol by symbol; a symbol without a value in some column is left out."""
    symbols, means = behaviour(SAMPLE, ("gaps", "level"))
    plain = [
        [np.nanmean(SAMPLE.x[SAMPLE.code == code, j].astype(float)) for j in (2, 0)] for code in range(len(SYMBOLS))
    ]
    np.testing.assert_allclose(means, plain)
    assert symbols == SYMBOLS
    x = SAMPLE.x.copy()
    x[SAMPLE.code == 5, 2] = np.nan
    assert behaviour(Rows(SAMPLE.names, x, SYMBOLS, SAMPLE.code), ("gaps",))[0] == (*SYMBOLS[:5], *SYMBOLS[6:])


def test_a_symbol_of_the_fit_stays_where_training_put_it() -> None:
    """Its later rows may say what they like; another symbol with the same rows goes where those put it."""
    state = CLUSTERS.fit(SAMPLE, FOUR, 0)
    later = SAMPLE.x.copy()
    later[:, :2] = SAMPLE.x[SAMPLE.code == 0][0, :2]  # every row as a row of group 0
    assert np.array_equal(_chosen(state, Rows(SAMPLE.names, later, SYMBOLS, SAMPLE.code)), SAMPLE.code % 4)
    strangers = tuple(f"new {name}" for name in SYMBOLS)
    assert not _chosen(state, Rows(SAMPLE.names, later, strangers, SAMPLE.code)).any()
    assert np.array_equal(_chosen(state, Rows(SAMPLE.names, SAMPLE.x, strangers, SAMPLE.code)), SAMPLE.code % 4)


def test_names_count_and_codes_do_not() -> None:
    """A panel that numbers its symbols otherwise gives each its own cluster."""
    state = CLUSTERS.fit(SAMPLE, FOUR, 0)
    turned = Rows(SAMPLE.names, SAMPLE.x * 0, SYMBOLS[::-1], (len(SYMBOLS) - 1 - SAMPLE.code).astype(np.int32))
    assert np.array_equal(_chosen(state, turned), SAMPLE.code % 4)


def test_a_stranger_without_a_past_has_no_cluster() -> None:
    """NaN in a behaviour column of an unseen symbol is NaN in every cluster column; a seen symbol is not touched."""
    state = CLUSTERS.fit(SAMPLE, spec_of("clusters", columns=["level", "gaps"], clusters=3), 0)
    row = rows_where(SAMPLE, [int(np.flatnonzero(np.isnan(SAMPLE.x[:, 2]))[0])])
    assert not np.isnan(CLUSTERS.apply(state, row).x[0, 7:]).any()
    stranger = Rows(row.names, row.x, tuple(f"new {name}" for name in SYMBOLS), row.code)
    assert np.isnan(CLUSTERS.apply(state, stranger).x[0, 7:]).all()


def test_distances_are_euclidean_in_scaled_behaviour() -> None:
    """The plain definition, for an unseen symbol; the least one belongs to the marked cluster."""
    spec = spec_of("clusters", columns=["level", "size"], clusters=4, output="distance")
    state = CLUSTERS.fit(SAMPLE, spec, 0)
    stranger = Rows(SAMPLE.names, SAMPLE.x, tuple(f"new {name}" for name in SYMBOLS), SAMPLE.code)
    z = (SAMPLE.x[:, :2] - state.values["centre"]) / state.values["scale"]
    plain = np.linalg.norm(z[:, None, :] - state.values["clusters"][None], axis=2)
    np.testing.assert_allclose(CLUSTERS.apply(state, stranger).x[:, 7:], plain, rtol=1e-5)
    assert np.array_equal(plain.argmin(axis=1), _chosen(CLUSTERS.fit(SAMPLE, FOUR, 0), stranger))


def test_centres_do_not_hang_on_threads() -> None:
    """Many symbols, more than one chunk of scikit-learn: one thread and three give the same bytes."""
    points = np.random.Generator(np.random.PCG64(5)).standard_normal((1200, 6))
    with threadpool_limits(3):
        many = k_means(points, spec_of("clusters", restarts=2), 1)
    with threadpool_limits(1):
        assert k_means(points, spec_of("clusters", restarts=2), 1).tobytes() == many.tobytes()


def test_too_few_symbols_are_a_gap_and_unknown_columns_an_error() -> None:
    """Five clusters need five symbols that behave differently, and columns that exist."""
    few = rows_where(SAMPLE, SAMPLE.code < 4)
    with pytest.raises(NotEnoughDataError, match="4 symbols behave differently, 5 clusters"):
        CLUSTERS.fit(few, spec_of("clusters", columns=["level"]), 0)
    with pytest.raises(BadInputError, match="no column 'ret_60'"):
        CLUSTERS.fit(SAMPLE, spec_of("clusters"), 0)
