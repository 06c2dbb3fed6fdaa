"""The clock as a resource, so that tests and replay can set the time."""

from __future__ import annotations

from datetime import UTC, datetime

import dagster as dg


class Clock(dg.ConfigurableResource):
    """Wall time in UTC; ``fixed`` (ISO text with zone) stands still."""

    fixed: str = ""

    def now(self) -> datetime:
        """The time now, with zone."""
        return datetime.fromisoformat(self.fixed).astimezone(UTC) if self.fixed else datetime.now(UTC)
