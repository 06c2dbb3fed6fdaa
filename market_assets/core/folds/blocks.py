"""Cutting time into contiguous parts, and joining parts that touch."""

from __future__ import annotations

from collections.abc import Iterable

from market_assets.core.errors import NotEnoughDataError

Range = tuple[int, int]


def cut(first: int, last: int, parts: int, what: str, unit: str = "sessions") -> tuple[Range, ...]:
    """Cut positions first..last into contiguous parts, both ends included; the first ones take the remainder.

    Raises
    ------
    NotEnoughDataError
        if there are fewer positions than parts; ``what`` and ``unit`` name both in the message.
    """
    count = last - first + 1
    if count < parts:
        raise NotEnoughDataError(f"{parts} {what} need at least {parts} {unit}; there are {max(count, 0)}")
    edges = [first + (count // parts) * part + min(part, count % parts) for part in range(parts + 1)]
    return tuple((edges[part], edges[part + 1] - 1) for part in range(parts))


def merge(ranges: Iterable[Range]) -> tuple[Range, ...]:
    """Join ranges that touch; they come in time order."""
    merged: list[Range] = []
    for first, last in ranges:
        if merged and first == merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], last)
        else:
            merged.append((first, last))
    return tuple(merged)
