"""Governance as a resource: audit log, trial ledger, registry and signing key of this installation."""

from __future__ import annotations

from pathlib import Path

import dagster as dg
from pydantic import Field

from market_assets.governance.approvals import Approvals
from market_assets.governance.audit import AuditLog
from market_assets.governance.holdout import Holdouts
from market_assets.governance.ledger import TrialLedger
from market_assets.governance.registry import Registry
from market_assets.stores.database import Database


class Governance(dg.ConfigurableResource):
    """Audit log, trial ledger and model registry; signing key, anchors and bundles lie in the state folder."""

    database_url: str = Field(description="address with the application role; read from the environment")
    home: str = Field(description="state folder")

    @property
    def folder(self) -> Path:
        """Folder of signing key, audit anchor and bundles."""
        return Path(self.home) / "governance"

    @property
    def bundles(self) -> Path:
        """Folder of model bundles, one folder a model version."""
        return self.folder / "bundles"

    @property
    def key_path(self) -> Path:
        """Signing key; created on first use, readable by its owner only."""
        return self.folder / "signing.key"

    @property
    def anchor_path(self) -> Path:
        """Heads of the audit chain, outside the database."""
        return self.folder / "audit-anchors.jsonl"

    def audit(self) -> AuditLog:
        """The hash-chained audit log."""
        return AuditLog(Database(self.database_url), self.anchor_path)

    def ledger(self) -> TrialLedger:
        """The trial ledger."""
        return TrialLedger(Database(self.database_url))

    def approvals(self) -> Approvals:
        """Approvals of gate decisions by people."""
        return Approvals(Database(self.database_url), self.audit())

    def holdouts(self) -> Holdouts:
        """Sealed ranges and who has opened them."""
        return Holdouts(Database(self.database_url), self.audit())

    def registry(self) -> Registry:
        """The registry of models, decisions and champions."""
        return Registry(Database(self.database_url), self.audit())
