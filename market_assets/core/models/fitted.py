"""A model with the transforms before it: the one place where rows meet a fitted model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from market_assets.core.compute import Compute
from market_assets.core.models.base import Floats
from market_assets.core.models.registry import family as family_of
from market_assets.core.transforms.base import Rows
from market_assets.core.transforms.chain import EXTENSION, apply_chain, fit_chain, unwrap, wrap

if TYPE_CHECKING:
    from market_assets.core.folds.training_set import TrainingSet


def fit_model(
    family: str,
    data: TrainingSet,
    rows: NDArray[Any],
    weight: Floats,
    params: Mapping[str, Any],
    transforms: Sequence[Any],
    compute: Compute,
    transform_seed: int,
) -> bytes:
    """Fit transforms and model on the rows that a mask or index array names; the payload of both.

    Parameters
    ----------
    weight : (m,) weights of those rows.
    transforms : specs in the order in which they are applied; with none the payload is the family's own.

    Raises
    ------
    NotEnoughDataError, BadInputError
        as the transforms and the family.
    """
    chain, behind = fit_chain(Rows.of(data, rows), transforms, transform_seed)
    return wrap(chain, family_of(family).fit(behind.x, data.y[rows], weight, params, compute))


def predict_rows(family: str, payload: bytes, data: TrainingSet, rows: NDArray[Any], compute: Compute) -> Floats:
    """P(y = 1) of the rows that a mask or index array names, shape (m,), before calibration.

    Raises
    ------
    IntegrityError
        if the payload is not one ``fit_model`` wrote.
    BadInputError
        if the rows do not have the columns of the fit.
    """
    chain, model = unwrap(payload)
    return family_of(family).predict(model, apply_chain(chain, Rows.of(data, rows)).x, compute)


def extension_of(family: str, transforms: Sequence[Any]) -> str:
    """File suffix of the payload."""
    return EXTENSION if transforms else family_of(family).extension
