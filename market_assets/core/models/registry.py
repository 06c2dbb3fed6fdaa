"""All model families by name."""

from __future__ import annotations

from market_assets.core.errors import BadInputError
from market_assets.core.models import catboost_family, elastic_net, lightgbm_family, random_forest, xgboost_family
from market_assets.core.models.base import Family

FAMILIES: dict[str, Family] = {
    module.FAMILY.name: module.FAMILY
    for module in (xgboost_family, lightgbm_family, catboost_family, random_forest, elastic_net)
}
FAMILY_NAMES: tuple[str, ...] = tuple(FAMILIES)


def family(name: str) -> Family:
    """Return the family of that name.

    Raises
    ------
    BadInputError
        rule ``unknown_family``.
    """
    if name not in FAMILIES:
        raise BadInputError("unknown_family", f"{name!r} is not a model family; one of {', '.join(FAMILY_NAMES)}")
    return FAMILIES[name]
