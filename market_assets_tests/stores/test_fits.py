"""Fold fits: one row a fingerprint, arrays byte-equal, nothing replaced."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import psycopg
import pytest

from market_assets.core.errors import IntegrityError
from market_assets.stores.database import Database
from market_assets.stores.fits import FitRecord, FitStore

pytestmark = pytest.mark.services


def fit(fold: str = "wf00", fingerprint: str = "a", n: int = 1000, **changes) -> FitRecord:
    """A random fit."""
    rng = np.random.default_rng(n)
    record = FitRecord(
        snapshot_id="s1",
        experiment="direction_daily",
        family="xgboost",
        fold=fold,
        fingerprint=fingerprint * 64,
        artifact="c" * 64,
        calibrator={"x": [0.1, 1e22], "y": [0.0, 1.0]},
        rows=np.arange(n, dtype=np.int32),
        raw=rng.random(n),
        calibrated=rng.random(n),
        n_fit=2**40,
        n_calibration=7,
        seed=2**62,
        params={"eta": 0.1, "rounds": 100},
        device="cpu",
        metrics={"brier": 0.25},
    )
    return replace(record, **changes)


def test_a_fit_comes_back_as_it_was(database: Database):
    """Every field, arrays to the byte; a fit without predictions too."""
    store = FitStore(database)
    for record in (fit(), fit("cp00", "b", n=0)):
        assert store.put(record)
        found = store.get("s1", "direction_daily", "xgboost", record.fold, record.fingerprint)
        assert found is not None
        assert found.content_hash() == record.content_hash()
        for name, dtype in (("rows", np.int32), ("raw", np.float64), ("calibrated", np.float64)):
            assert getattr(found, name).dtype == dtype
            assert getattr(found, name).tobytes() == getattr(record, name).tobytes()
        assert (found.params, found.metrics, found.seed) == (record.params, record.metrics, record.seed)
    assert store.get("s1", "direction_daily", "xgboost", "wf09") is None


def test_the_first_fit_of_a_fingerprint_stays_and_the_newest_fingerprint_counts(database: Database):
    """Idempotent, and nothing is replaced; without a fingerprint the last one put is returned."""
    store = FitStore(database)
    assert store.put(fit(n=10))
    assert not store.put(fit(n=20))
    assert store.put(fit(fingerprint="b", n=30))
    assert not store.put(fit(n=10))
    newest = store.get("s1", "direction_daily", "xgboost", "wf00")
    first = store.get("s1", "direction_daily", "xgboost", "wf00", "a" * 64)
    assert newest is not None
    assert first is not None
    assert (len(newest.rows), len(first.rows)) == (30, 10)


def test_fits_are_listed_by_family_or_all(database: Database):
    """Oldest first."""
    store = FitStore(database)
    store.put(fit("wf01"))
    store.put(fit("wf00", "b"))
    store.put(fit("wf00", "d", family="lightgbm"))
    assert [record.fold for record in store.list("s1", "direction_daily", "xgboost")] == ["wf01", "wf00"]
    assert len(store.list("s1", "direction_daily")) == 3
    assert store.list("s1", "other") == ()


def test_predictions_that_are_not_numbers_are_refused(database: Database):
    """NaN, infinity, and arrays of unequal length never reach the table."""
    for value in (np.nan, np.inf, -np.inf):
        with pytest.raises(psycopg.errors.CheckViolation):
            FitStore(database).put(fit(n=3, raw=np.array([0.1, value, 0.2])))
    with pytest.raises(psycopg.errors.CheckViolation):
        FitStore(database).put(fit(n=3, raw=np.zeros(2)))


def test_a_changed_fit_is_noticed(database: Database, owner_url: str):
    """Even by the owner with triggers off."""
    store = FitStore(database)
    store.put(fit())
    with psycopg.connect(owner_url) as connection:
        connection.execute("ALTER TABLE fit DISABLE TRIGGER USER")
        connection.execute("UPDATE fit SET calibrated[5] = 0.5")
    with pytest.raises(IntegrityError, match="xgboost wf00 of direction_daily"):
        store.list("s1", "direction_daily")


def test_many_fits_are_stored_together_or_not_at_all(database: Database):
    """One bad fit among good ones leaves none; known fingerprints are counted out; fingerprints are read alone."""
    store = FitStore(database)
    with pytest.raises(psycopg.errors.CheckViolation):
        store.put(fit("wf00", "a"), fit("wf01", "b", n=3, raw=np.array([0.1, np.nan, 0.2])))
    assert store.fingerprints("s1", "direction_daily", "xgboost") == set()
    assert store.put() == 0
    assert store.put(fit("wf00", "a"), fit("wf01", "b")) == 2
    assert store.put(fit("wf01", "b"), fit("wf02", "c")) == 1
    assert store.fingerprints("s1", "direction_daily", "xgboost") == {"a" * 64, "b" * 64, "c" * 64}
    assert store.fingerprints("s1", "direction_daily", "lightgbm") == set()
