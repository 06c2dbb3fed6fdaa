"""What a long step is at: a line in Dagster's log, and one that a terminal may show."""

from __future__ import annotations

import logging

import dagster as dg

PROGRESS = logging.getLogger("market_assets.progress")


def say(context: dg.AssetExecutionContext, text: str) -> None:
    """Log a line of progress in both places."""
    context.log.info(text)
    PROGRESS.info(text)
