"""Bar files, sound and spoilt in one place each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import polars as pl

HEADER = "symbol,date,open,high,low,close,volume"
ROWS = (
    "AAA,2019-01-02,10,11,9,10.5,1000",
    "AAA,2019-01-03,10.5,12,10,11,1100",
    "BBB,2019-01-02,20,21,19,20.5,2000",
    "BBB,2019-01-03,20.5,22,20,21,2100",
)


def write_csv(path: Path, rows: tuple[str, ...] = ROWS, header: str = HEADER) -> Path:
    """A CSV of daily bars."""
    path.write_text("\n".join((header, *rows)) + "\n")
    return path


def with_row(number: int, text: str) -> Callable[[Path], Path]:
    """A CSV whose data row ``number`` (from 1) is ``text``; one past the end adds it."""
    rows = list(ROWS)
    rows[number - 1 : number] = [text]
    return lambda folder: write_csv(folder / "bars.csv", tuple(rows))


def stamped(*stamps: str) -> Callable[[Path], Path]:
    """A CSV of one symbol with these stamps."""
    rows = tuple(f"AAA,{stamp},10,11,9,10.5,1000" for stamp in stamps)
    return lambda folder: write_csv(folder / "bars.csv", rows)


def _no_close(folder: Path) -> Path:
    return write_csv(folder / "bars.csv", tuple(row.rpartition(",")[0] for row in ROWS), HEADER.replace(",close", ""))


def _empty(folder: Path) -> Path:
    (folder / "bars.csv").touch()
    return folder / "bars.csv"


def _truncated(folder: Path) -> Path:
    path = folder / "bars.parquet"
    pl.read_csv(write_csv(folder / "whole.csv")).write_parquet(path)
    path.write_bytes(path.read_bytes()[:-40])
    return path


@dataclass(frozen=True)
class Spoilt:
    """How a file is spoilt, and what the message must name."""

    write: Callable[[Path], Path]
    rule: str
    row: int | None = None
    column: str | None = None


SPOILT = {
    "missing column": Spoilt(_no_close, "missing_column", None, "close"),
    "duplicate key": Spoilt(with_row(5, "BBB,2019-01-03,20.5,22,20,21.5,2100"), "duplicate_key", 5),
    "high below low": Spoilt(with_row(2, "AAA,2019-01-03,10.5,9,10,9.5,1100"), "high_below_low", 2, "high"),
    "negative price": Spoilt(with_row(3, "BBB,2019-01-02,20,21,-19,20.5,2000"), "positive_price", 3, "low"),
    "NaN": Spoilt(with_row(4, "BBB,2019-01-03,20.5,22,20,NaN,2100"), "not_finite", 4, "close"),
    "infinite stamp": Spoilt(stamped("2019-01-02", "inf"), "infinite_timestamp", 2, "ts"),
    "naive stamp": Spoilt(stamped("2019-01-02T16:00:00"), "naive_timestamp", 1, "ts"),
    "future bar": Spoilt(stamped("2019-01-02", "2150-01-02"), "bar_known_at"),
    "path as symbol": Spoilt(with_row(2, "../x,2019-01-03,10.5,12,10,11,1100"), "symbol_allow_list", 2, "symbol"),
    "bar as symbol": Spoilt(with_row(2, "a|b,2019-01-03,10.5,12,10,11,1100"), "symbol_allow_list", 2, "symbol"),
    "SQL as symbol": Spoilt(
        with_row(2, "'; drop table bar; --,2019-01-03,10.5,12,10,11,1100"), "symbol_allow_list", 2, "symbol"
    ),
    "empty file": Spoilt(_empty, "empty_file"),
    "truncated Parquet": Spoilt(_truncated, "unreadable_file"),
    "no such file": Spoilt(lambda folder: folder / "absent.csv", "unreadable_file"),
}
