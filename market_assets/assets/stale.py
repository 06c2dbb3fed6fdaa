"""Blocks that are missing or older than code or spec are named, never used."""

from collections.abc import Mapping

import dagster as dg

_SHOWN = 5  # symbols named in the text


def require_fingerprints(what: str, wanted: Mapping[str, str], stored: Mapping[str, str]) -> None:
    """Raise a non-retryable failure that names the symbols whose stored fingerprint is not the wanted one."""
    if stale := sorted(name for name, value in wanted.items() if stored.get(name) != value):
        shown = ", ".join(stale[:_SHOWN]) + (" ..." if len(stale) > _SHOWN else "")
        raise dg.Failure(
            f"{what} of {len(stale)} symbols are missing or older than the code or spec ({shown}); materialize them",
            allow_retries=False,
        )
