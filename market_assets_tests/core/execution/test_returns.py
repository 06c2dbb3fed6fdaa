"""The table of returns: its spans, its means, its bytes."""

from dataclasses import fields

import numpy as np
import pytest

from market_assets.core.errors import IntegrityError
from market_assets.core.execution.returns import Returns
from market_assets.core.folds import arrow


def sample(seed: int = 0, candidates: int = 3, paths: int = 4, sessions: int = 30, starts=(6, 14, 22)) -> Returns:
    """Random returns whose walk-forward part begins at the first fold."""
    generator = np.random.default_rng(seed)

    def walk() -> np.ndarray:
        values = generator.normal(size=(sessions, candidates))
        values[: starts[0]] = np.nan
        return values

    return Returns(
        sessions=np.datetime64("2018-01-02T21:00", "us") + np.arange(sessions) * np.timedelta64(1, "D"),
        candidates=tuple(f"model{number}" for number in range(candidates)),
        baselines=("equal_weight", "momentum"),
        walk_forward=walk(),
        gross=walk(),
        rules=generator.normal(size=(sessions, 2)),
        paths=generator.normal(size=(candidates, paths, sessions)),
        turnover=walk(),
        costs=walk(),
        fold_starts=tuple(starts),
    )


@pytest.mark.parametrize("shape", [(1, 1), (3, 4), (2, 11)])
def test_bytes_survive_a_round_trip(shape: tuple[int, int]) -> None:
    """Every field comes back with its shape, NaN included, and the bytes are the same again."""
    original = sample(candidates=shape[0], paths=shape[1])
    again = Returns.from_bytes(original.to_bytes())
    for field in fields(Returns):
        wanted, found = getattr(original, field.name), getattr(again, field.name)
        if isinstance(wanted, np.ndarray):
            assert wanted.shape == found.shape, field.name
            assert wanted.dtype == found.dtype
            assert np.array_equal(wanted, found, equal_nan=wanted.dtype.kind == "f")
        else:
            assert wanted == found
    assert again.to_bytes() == original.to_bytes()


def test_folds_tile_the_walk_forward_span() -> None:
    """Fold slices follow each other without gap from the first start to the end."""
    returns = sample()
    assert returns.first == 6
    assert returns.folds() == [slice(6, 14), slice(14, 22), slice(22, 30)]


def test_path_matrix_is_the_mean_over_paths_beside_the_rules() -> None:
    """One column a candidate, averaged over its own paths, then the baselines, in the order of the names."""
    returns = sample()
    names, matrix = returns.path_matrix()
    assert names == ("model0", "model1", "model2", "equal_weight", "momentum")
    for column, name in enumerate(names[:3]):
        for session in range(30):
            plain = sum(returns.paths[column, path, session] for path in range(4)) / 4
            assert matrix[session, column] == pytest.approx(plain, rel=1e-12), name
    assert np.array_equal(matrix[:, 3:], returns.rules)


def test_other_bytes_are_refused() -> None:
    """Noise, a cut stream and a stream of another kind are integrity errors."""
    data = sample().to_bytes()
    for wrong in (b"", b"noise", data[:-200], arrow.encode({"x": np.zeros(3)}, {"format": "out_of_fold/1"})):
        with pytest.raises(IntegrityError):
            Returns.from_bytes(wrong)
