"""The decorator of every parameter record: frozen, validated, unknown keys refused."""

from __future__ import annotations

from typing import Any, TypeVar, dataclass_transform

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

STRICT = ConfigDict(extra="forbid", strict=False, allow_inf_nan=False, arbitrary_types_allowed=False)
T = TypeVar("T")


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(Field,))
def spec(cls: type[T]) -> type[T]:
    """Use as ``@spec class LabelSpec: ...``; an experiment file is a tree of these."""
    record: Any = dataclass(frozen=True, kw_only=True, config=STRICT)(cls)
    return record


def added(default: Any, **limits: Any) -> Any:
    """A parameter that came later: left out of the document at its default, so that older documents keep their hash."""
    return Field(default=default, exclude_if=lambda value: value == default, **limits)
