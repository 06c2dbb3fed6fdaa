"""Row rules of a bar frame whose types are already right, in the order in which they are applied."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from market_assets.core.errors import BadInputError, Location
from market_assets.core.identifiers import MAX_SYMBOL, check_symbol
from market_assets.core.market.panel import PRICE_COLUMNS

LARGEST_PRICE, SMALLEST_PRICE, LARGEST_VOLUME = 1e12, 1e-12, 1e18
"""Beyond these a product of two prices or a sum over bars loses its meaning in float64."""


@dataclass(frozen=True)
class RowRule:
    """``broken`` marks offending rows; ``column`` is the one to look at; ``shows`` are quoted in the message."""

    name: str
    column: str
    broken: pl.Expr
    text: str
    shows: tuple[str, ...]


def _price_rules() -> list[RowRule]:
    positive = [
        RowRule("positive_price", name, pl.col(name) <= 0, f"{name} must be above zero", (name,))
        for name in PRICE_COLUMNS
    ]
    sized = [
        RowRule(
            "price_magnitude",
            name,
            (pl.col(name) > LARGEST_PRICE) | (pl.col(name) < SMALLEST_PRICE),
            f"{name} must lie between {SMALLEST_PRICE:g} and {LARGEST_PRICE:g}",
            (name,),
        )
        for name in PRICE_COLUMNS
    ]
    return positive + sized


ROW_RULES: tuple[RowRule, ...] = (
    *_price_rules(),
    RowRule("volume_range", "volume", (pl.col("volume") < 0) | (pl.col("volume") > LARGEST_VOLUME),
            f"volume must lie between 0 and {LARGEST_VOLUME:g}", ("volume",)),
    RowRule("split_range", "split", (pl.col("split") < 1e-4) | (pl.col("split") > 1e4),
            "split (new shares per old share, 1 = none) must lie between 0.0001 and 10000", ("split",)),
    RowRule("dividend_range", "dividend", (pl.col("dividend") < 0) | (pl.col("dividend") > LARGEST_PRICE),
            "dividend (cash per share) must not be negative", ("dividend",)),
    RowRule("high_below_low", "high", pl.col("high") < pl.col("low"), "high is below low", ("high", "low")),
    RowRule("open_outside_range", "open", (pl.col("open") > pl.col("high")) | (pl.col("open") < pl.col("low")),
            "open lies outside low..high", ("open", "low", "high")),
    RowRule("close_outside_range", "close", (pl.col("close") > pl.col("high")) | (pl.col("close") < pl.col("low")),
            "close lies outside low..high", ("close", "low", "high")),
    RowRule("known_before_close", "known_at", pl.col("known_at") < pl.col("ts"),
            "the bar is known before it closed", ("known_at", "ts")),
)  # fmt: skip


def check_symbols(symbols: pl.Series, file: str | None) -> None:
    """Refuse the first row whose symbol is missing or not allowed.

    Raises
    ------
    BadInputError
        rules ``missing_value``, ``symbol_allow_list``.
    """
    if symbols.null_count():
        row = symbols.is_null().arg_true()[0] + 1
        raise BadInputError("missing_value", "symbol is missing", Location(file, row, "symbol"))
    first_rows = pl.DataFrame({"symbol": symbols}).with_row_index("row", offset=1).unique("symbol", maintain_order=True)
    for row, name in first_rows.iter_rows():
        shown = name if len(name) <= 2 * MAX_SYMBOL else name[: 2 * MAX_SYMBOL] + "..."  # still refused, still short
        check_symbol(shown, Location(file, row, "symbol"))


def check_rows(frame: pl.DataFrame, file: str | None) -> None:
    """Apply every row rule; one pass over the data when all is well.

    Raises
    ------
    BadInputError
        the first broken rule in the order of ``ROW_RULES``, at its first row.
    """
    counts = frame.select(rule.broken.fill_null(False).any().alias(str(i)) for i, rule in enumerate(ROW_RULES)).row(0)
    for rule, broken in zip(ROW_RULES, counts, strict=True):
        if broken:
            position = int(frame.select(rule.broken.fill_null(False).arg_true().first()).item())
            values = frame.select(rule.shows).row(position)
            shown = ", ".join(f"{name} {value}" for name, value in zip(rule.shows, values, strict=True))
            raise BadInputError(rule.name, f"{rule.text} ({shown})", Location(file, position + 1, rule.column))


def drop_repeats(frame: pl.DataFrame, file: str | None) -> pl.DataFrame:
    """Drop rows that repeat an earlier row in every value; the key is symbol, ts and known_at.

    Raises
    ------
    BadInputError
        rule ``duplicate_key``: a row has the key of an earlier row and other values; names both rows.
    """
    key = ["symbol", "ts", "known_at"]
    if not frame.select(pl.struct(key).is_duplicated().any()).item():
        return frame
    kept = frame.with_row_index("row").unique(subset=frame.columns, keep="first", maintain_order=True)
    clash = kept.filter(pl.struct(key).is_duplicated() & ~pl.struct(key).is_first_distinct())
    if len(clash):
        second = clash.row(0, named=True)
        first = kept.filter(
            (pl.col("symbol") == second["symbol"])
            & (pl.col("ts") == second["ts"])
            & pl.col("known_at").eq_missing(pl.lit(second["known_at"], dtype=frame.schema["known_at"]))
        ).row(0, named=True)
        differing = [name for name in frame.columns if first[name] != second[name]]
        raise BadInputError(
            "duplicate_key",
            f"{second['symbol']} at {second['ts']:%Y-%m-%dT%H:%MZ} was given in row {first['row'] + 1} "
            f"with another {', '.join(differing)}",
            Location(file, second["row"] + 1, differing[0]),
        )
    return kept.drop("row")
