"""A second reader of bar files, written from the contract with the standard library only, to check the first one."""

from __future__ import annotations

import csv
import io
from datetime import date, datetime, time, timezone
from zoneinfo import ZoneInfo

ALIASES = {"date": "ts", "timestamp": "ts", "dividend_amount": "dividend", "split_coefficient": "split"}
NUMBERS = ("open", "high", "low", "close", "volume", "split", "dividend")


def stamp(text: str, zone: str | None) -> datetime:
    """UTC instant of one stamp."""
    if len(text) == 10:
        local = datetime.combine(date.fromisoformat(text), time(16, 0), ZoneInfo("America/New_York"))
    else:
        local = datetime.fromisoformat(text)
        if local.tzinfo is None:
            if zone is None:
                raise ValueError("naive")
            local = local.replace(tzinfo=ZoneInfo(zone))
    return local.astimezone(timezone.utc)  # noqa: UP017 - the plain spelling


def read(data: bytes, zone: str | None) -> list[tuple]:
    """Rows (symbol, ts, open, ..., dividend), sorted, equal rows once."""
    lines = list(csv.reader(io.StringIO(data.decode("utf-8-sig").rstrip("\r\n"), newline=""), strict=True))
    names = [name.strip().lower().replace(" ", "_") for name in lines[0]]
    names = [ALIASES.get(name, name) for name in names]
    rows = set()
    for line in lines[1:]:
        cells = dict(zip(names, line, strict=True))
        numbers = [float(cells.get(name, {"split": "1", "dividend": "0"}.get(name, ""))) for name in NUMBERS]
        rows.add((cells["symbol"], stamp(cells["ts"], zone), *numbers))
    return sorted(rows)
