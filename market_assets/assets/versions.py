"""Code versions: what of code and configuration shapes an asset, as a short hash that Dagster compares."""

from typing import Any

from market_assets.core.identity import fingerprint


def version_of(**parts: Any) -> str:
    """Hash of the named parts (JSON values), 16 hex characters."""
    return fingerprint(**parts)[:16]
