"""All fitted transforms by kind; a new one is tested by being listed."""

from __future__ import annotations

from market_assets.core.transforms.base import Transform
from market_assets.core.transforms.clusters import CLUSTERS
from market_assets.core.transforms.scaling import MEDIAN_MAD, STANDARD
from market_assets.core.transforms.select import SELECT
from market_assets.core.transforms.winsorize import WINSORIZE

TRANSFORMS: dict[str, Transform] = {one.kind: one for one in (STANDARD, WINSORIZE, MEDIAN_MAD, CLUSTERS, SELECT)}
