"""The clock as a resource, so that tests and replay can set the time."""

from __future__ import annotations

from datetime import UTC, datetime

import dagster as dg
from pydantic import Field


class Clock(dg.ConfigurableResource):
    """Wall time in UTC; tests and replay may hold it still."""

    fixed: str = Field(default="", description="ISO time with zone at which the clock stands still; empty = it runs")

    def now(self) -> datetime:
        """The time now, with zone."""
        return datetime.fromisoformat(self.fixed).astimezone(UTC) if self.fixed else datetime.now(UTC)
