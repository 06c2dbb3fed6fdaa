"""The decorator of every parameter record: frozen, validated, unknown keys refused."""

from __future__ import annotations

from pydantic import ConfigDict
from pydantic.dataclasses import dataclass

STRICT = ConfigDict(extra="forbid", strict=False, allow_inf_nan=False, arbitrary_types_allowed=False)

spec = dataclass(frozen=True, kw_only=True, config=STRICT)
"""Use as ``@spec class LabelSpec: ...``; an experiment file is a tree of these."""
