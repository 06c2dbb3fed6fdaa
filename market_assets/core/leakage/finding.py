"""What a leakage detector reports."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """One proven leak.

    ``detector`` found it in ``stage``; ``variant`` says which change of the hidden data, or which rule, showed it;
    ``count`` values or rows are concerned; ``text`` says what happened in words.
    """

    detector: str
    stage: str
    variant: str
    count: int
    text: str
