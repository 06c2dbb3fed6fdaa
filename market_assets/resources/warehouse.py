"""The warehouse as a resource: every store of one database."""

from __future__ import annotations

import dagster as dg
from pydantic import Field

from market_assets.stores.bars import BarStore
from market_assets.stores.cooldowns import CooldownStore
from market_assets.stores.database import Database
from market_assets.stores.features import FeatureStore
from market_assets.stores.fits import FitStore
from market_assets.stores.labels import LabelStore
from market_assets.stores.reports import ReportStore
from market_assets.stores.side import SideStore
from market_assets.stores.snapshots import SnapshotStore
from market_assets.stores.symbols import SymbolStore
from market_assets.stores.targets import TargetStore


class Warehouse(dg.ConfigurableResource):
    """PostgreSQL: symbols, bars, snapshots, derived rows, fits and reports. Holds no connection between steps."""

    database_url: str = Field(description="address with the application role; read from the environment")

    @property
    def database(self) -> Database:
        """The database itself."""
        return Database(self.database_url)

    @property
    def symbols(self) -> SymbolStore:
        """The symbol register."""
        return SymbolStore(self.database)

    @property
    def bars(self) -> BarStore:
        """Bitemporal bars."""
        return BarStore(self.database)

    @property
    def side(self) -> SideStore:
        """Bitemporal side series."""
        return SideStore(self.database)

    @property
    def snapshots(self) -> SnapshotStore:
        """Snapshot manifests."""
        return SnapshotStore(self.database)

    @property
    def reports(self) -> ReportStore:
        """Reports of every stage."""
        return ReportStore(self.database)

    @property
    def features(self) -> FeatureStore:
        """Feature rows."""
        return FeatureStore(self.database)

    @property
    def labels(self) -> LabelStore:
        """Label rows."""
        return LabelStore(self.database)

    @property
    def targets(self) -> TargetStore:
        """Target rows."""
        return TargetStore(self.database)

    @property
    def fits(self) -> FitStore:
        """Fold fits and their predictions."""
        return FitStore(self.database)

    @property
    def cooldowns(self) -> CooldownStore:
        """Cooldowns."""
        return CooldownStore(self.database)
