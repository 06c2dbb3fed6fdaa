"""The artifact store as a resource."""

from __future__ import annotations

from pathlib import Path

import dagster as dg
from pydantic import Field

from market_assets.stores.artifacts import ArtifactStore


class Artifacts(dg.ConfigurableResource):
    """Files named by the SHA-256 of their bytes: training sets, fold models, predictions, returns."""

    root: str = Field(description="folder of the files")

    @property
    def store(self) -> ArtifactStore:
        """The store itself."""
        return ArtifactStore(Path(self.root))
