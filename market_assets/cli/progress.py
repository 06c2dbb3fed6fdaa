"""Progress within a step on the terminal: the lines that assets log for it."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from market_assets.cli.output import progress


class _Line(logging.Handler):
    """One line that the next one overwrites; every few lines where that is not possible."""

    def __init__(self, every: int) -> None:
        super().__init__(logging.INFO)
        self._every, self._seen = every, 0

    def emit(self, record: logging.LogRecord) -> None:
        if progress.is_terminal:
            progress.print(f"  {record.getMessage():<70}", end="\r", markup=False, highlight=False)
        elif self._seen % self._every == 0:
            progress.print(f"  {record.getMessage()}", markup=False, highlight=False)
        self._seen += 1


@contextmanager
def progress_shown(every: int = 1) -> Iterator[None]:
    """Show the progress log while a block runs; each ``every``-th line where the terminal cannot overwrite one."""
    log, line = logging.getLogger("market_assets.progress"), _Line(every)
    level = log.level
    log.addHandler(line)
    log.setLevel(logging.INFO)
    try:
        yield
    finally:
        log.setLevel(level)
        log.removeHandler(line)
