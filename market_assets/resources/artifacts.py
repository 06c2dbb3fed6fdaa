"""The artifact store as a resource."""

from __future__ import annotations

from pathlib import Path

import dagster as dg

from market_assets.stores.artifacts import ArtifactStore


class Artifacts(dg.ConfigurableResource):
    """Content-addressed files under ``root``."""

    root: str

    @property
    def store(self) -> ArtifactStore:
        """The store itself."""
        return ArtifactStore(Path(self.root))
