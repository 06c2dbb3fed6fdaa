"""Normalization and transforms of an experiment must name columns that reach them, and in an order that makes sense."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from market_assets.core.errors import BadInputError, Location
from market_assets.core.features.normalization import NormalizationSpec
from market_assets.core.features.registry import FAMILIES
from market_assets.core.transforms.spec import ClusterSpec
from market_assets.experiments.spec import Experiment


def check_columns(experiment: Experiment, path: Path) -> None:
    """Refuse what would only fail, or mean nothing, once the first fold is fitted.

    Raises
    ------
    BadInputError
        ``unknown_family``, ``unknown_column``: a name the experiment does not have. ``transform_twice``: a kind that
        is listed twice. ``transform_order``: clusters behind a selection that may have dropped their columns.
        ``cluster_levels``: clusters of rolling values that no longer carry the level of a symbol.
    """
    columns = [name for family in experiment.features for name in FAMILIES[family].names]
    normalization = experiment.normalization
    if normalization is not None:
        _known("unknown_family", normalization.families, experiment.features, path, "normalization.families")
        _known("unknown_column", normalization.leave, columns, path, "normalization.leave")
    kinds = [one.kind for one in experiment.transforms]
    if repeated := [kind for kind in kinds if kinds.count(kind) > 1]:
        where = Location(str(path), column="transforms")
        raise BadInputError("transform_twice", f"{repeated[0]!r} is listed twice", where)
    for number, one in enumerate(experiment.transforms):
        if isinstance(one, ClusterSpec):
            where = Location(str(path), column=f"transforms.{number}")
            _known("unknown_column", one.columns, columns, path, f"transforms.{number}.columns")
            if "select" in kinds[:number]:
                raise BadInputError("transform_order", "clusters must stand before select", where)
            if moved := [name for name in one.columns if _normalized(name, experiment.features, normalization)]:
                message = f"{moved[0]!r} is normalized and has no level left; name it under normalization.leave"
                raise BadInputError("cluster_levels", message, where)


def _known(rule: str, wanted: Sequence[str], known: Sequence[str], path: Path, column: str) -> None:
    if unknown := [name for name in wanted if name not in known]:
        raise BadInputError(rule, f"the experiment has no {unknown[0]!r}", Location(str(path), column=column))


def _normalized(column: str, families: Sequence[str], spec: NormalizationSpec | None) -> bool:
    """Whether a column is normalized by the past of its symbol."""
    if spec is None or column in spec.leave:
        return False
    return any(column in FAMILIES[family].names for family in spec.families or families)
