"""How the command line speaks: JSON for programs on stdout, tables for people, progress on stderr."""

from __future__ import annotations

import json
import logging
import math
import os
import sys
import warnings
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.table import Table

people = Console(soft_wrap=True)
progress = Console(stderr=True, soft_wrap=True)


class _Notes(logging.Handler):
    """Our own log lines, such as a Redis that is gone, as notes between the progress lines."""

    def emit(self, record: logging.LogRecord) -> None:
        progress.print(f"  note: {record.getMessage()}", markup=False, highlight=False)


def hush() -> None:
    """Keep Dagster's notes on beta parameters and retries off the terminal; ours are shown."""
    warnings.filterwarnings("ignore", message=r".*is currently in (beta|preview)")
    logging.getLogger("dagster").setLevel(logging.CRITICAL)  # its event log keeps everything
    root, ours = logging.getLogger(), logging.getLogger("market_assets")
    if not root.handlers:
        root.addHandler(logging.NullHandler())  # else the first line anybody logs sets up a handler to stderr
    if not any(isinstance(handler, _Notes) for handler in ours.handlers):
        ours.addHandler(_Notes(logging.WARNING))


@contextmanager
def stdout_kept_clean() -> Iterator[None]:
    """Send what libraries print to stdout, native code included, to stderr while work is done."""
    sys.stdout.flush()
    kept = os.dup(1)
    try:
        os.dup2(2, 1)
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)


def emit(payload: Mapping[str, Any]) -> None:
    """Write one JSON document to stdout; a number that is not finite becomes null."""
    json.dump(_plain(payload), sys.stdout, indent=2, sort_keys=True, default=str, allow_nan=False)
    sys.stdout.write("\n")


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[Any]], right: Collection[str] = ()) -> None:
    """Print a table; numbers, and the columns named in ``right``, are aligned right; floats show four digits."""
    body = [list(row) for row in rows]
    drawn = Table()
    for index, name in enumerate(columns):
        numeric = bool(body) and all(isinstance(row[index], int | float | None) for row in body)
        drawn.add_column(name, justify="right" if numeric or name in right else "left", overflow="fold")
    for row in body:
        drawn.add_row(*(cell(value) for value in row))
    people.print(f"[italic]{title}[/italic]", highlight=False, soft_wrap=False)
    people.print(drawn, soft_wrap=False)


def pairs(title: str, rows: Mapping[str, Any]) -> None:
    """Print names and values, one a line."""
    people.print(f"[bold]{title}[/bold]")
    width = max(map(len, rows), default=0)
    for name, value in rows.items():
        people.print(f"  {name:<{width}}  {cell(value)}", markup=False, highlight=False)


def cell(value: Any) -> str:
    """A value as people read it."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.4g}"
    return str(value)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value
