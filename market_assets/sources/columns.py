"""Column names of bar files: aliases, what is required, what may be there, what is refused."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from market_assets.core.errors import BadInputError, Location

REQUIRED = ("symbol", "ts", "open", "high", "low", "close", "volume")
OPTIONAL = {"split": 1.0, "dividend": 0.0}
"""Numbers with the value that an absent column stands for."""

SIDE = ("known_at", "sector", "kind")
ALIASES = {
    "date": "ts",
    "timestamp": "ts",
    "datetime": "ts",
    "ticker": "symbol",
    "dividend_amount": "dividend",
    "split_coefficient": "split",
}
IGNORED = ("adj_close",)
"""A vendor's adjusted close is known as of the download: its level contains splits and dividends that happened later,
so it is never stored. Returns are rebuilt from as-traded closes, splits and dividends."""

KNOWN = (*REQUIRED, *OPTIONAL, *SIDE, *IGNORED)


def canonical_name(column: str) -> str:
    """``Split Coefficient`` -> ``split``: trimmed, lower case, blanks as underscores, aliases resolved."""
    plain = column.strip().lower().replace(" ", "_")
    return ALIASES.get(plain, plain)


def rename_columns(frame: pl.DataFrame, file: str | None, ignore: Sequence[str] = ()) -> pl.DataFrame:
    """Give columns their canonical names and drop those in ``ignore``.

    A column that is neither known nor ignored is refused: a misspelt ``dividned`` would otherwise become
    "no dividends" without a word.

    Raises
    ------
    BadInputError
        rules ``missing_column``, ``duplicate_column``, ``unknown_column``.
    """
    skipped = {canonical_name(column) for column in ignore} - set(REQUIRED)
    names: dict[str, str] = {}
    for column in frame.columns:
        name = canonical_name(column)
        if name in names.values():
            raise BadInputError(
                "duplicate_column", f"two columns mean {name}", Location(file, column=column.strip() or None)
            )
        names[column] = name
    for name in REQUIRED:
        if name not in names.values():
            wanted = "ts (or date, timestamp, datetime)" if name == "ts" else name
            found = ", ".join(repr(column) for column in frame.columns[:20])
            raise BadInputError(
                "missing_column", f"no column {wanted}; the file has {found}", Location(file, None, name)
            )
    for column, name in names.items():
        if name not in KNOWN and name not in skipped:
            raise BadInputError(
                "unknown_column",
                f"{column!r} is not a column of a bar file ({', '.join(KNOWN)}); "
                "correct it, or list it in the option `ignore`",
                Location(file, None, column[:80]),
            )
    return frame.rename(names).select([name for name in names.values() if name in KNOWN and name not in skipped])
