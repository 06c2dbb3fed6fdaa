"""Where a label search takes its entries from: stored scores of a candidate, or a named feature; known at the close."""

from __future__ import annotations

from market_assets.core.errors import BadInputError
from market_assets.core.execution.evaluate import score_grid
from market_assets.core.features.registry import FAMILIES
from market_assets.core.folds.training_set import TrainingSet
from market_assets.core.market.grid import gather, to_grid
from market_assets.core.market.panel import Floats, Panel


def score_signal(panel: Panel, data: TrainingSet, score: Floats) -> Floats:
    """Walk-forward P(up) of the rows of a training set (n,) at the rows of the panel (n_rows,), as 2 P - 1."""
    return gather(panel, score_grid(score, data, to_grid(panel)))


def check_feature(name: str) -> tuple[str, int]:
    """Family and column of a feature named ``family/name``.

    Raises
    ------
    BadInputError
        rule ``unknown_signal``.
    """
    family, _, feature = name.partition("/")
    if family not in FAMILIES or feature not in FAMILIES[family].names:
        raise BadInputError("unknown_signal", f"no feature {name!r}; a signal is out_of_fold or family/name")
    return family, FAMILIES[family].names.index(feature)


def feature_signal(panel: Panel, name: str) -> Floats:
    """A registered feature (n_rows,) computed from an adjusted panel; errors as in ``check_feature``."""
    family, column = check_feature(name)
    return FAMILIES[family].compute(panel)[:, column].copy()
