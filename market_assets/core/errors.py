"""Typed errors. Every message says what happened, where, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass


class MarketAssetsError(Exception):
    """Base of every error this product raises on purpose."""


@dataclass(frozen=True)
class Location:
    """Where a piece of input is wrong; parts that do not apply stay None."""

    file: str | None = None
    row: int | None = None
    column: str | None = None

    def __str__(self) -> str:
        parts = [
            f"file {self.file}" if self.file is not None else "",
            f"row {self.row}" if self.row is not None else "",
            f"column {self.column}" if self.column is not None else "",
        ]
        return ", ".join(part for part in parts if part) or "input"


class BadInputError(MarketAssetsError):
    """Input that breaks a contract: names file, row, column and rule. Exit code 2 on the command line."""

    def __init__(self, rule: str, message: str, where: Location | None = None) -> None:
        self.rule = rule
        self.where = where or Location()
        self.message = message
        super().__init__(f"{self.where}: {message} [rule {rule}]")


class ServiceUnavailableError(MarketAssetsError):
    """PostgreSQL or another service cannot be reached or refuses us. Exit code 3."""


class IntegrityError(MarketAssetsError):
    """Stored bytes do not match their hash, signature or chain. Exit code 4."""


class NotEnoughDataError(MarketAssetsError):
    """A computation is undefined on this much data. Recorded as a typed gap, never as a number."""
