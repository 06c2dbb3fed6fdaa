"""Which tests of a parallel run stay on one worker, and in which order: what is dear is made once and begins first."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from xdist.scheduler import LoadFileScheduling

ROOT = Path(__file__).parents[1]
SHARED = {
    "done_world": re.compile(r"\b(done_world|world): World\b"),
    "installation": re.compile(r"\b(installed|installation): Installation\b"),
    "cut_world": re.compile(r"\b(cut_world|fresh_world|daemon_world): World\b"),
}
"""Session fixtures that take up to a minute, the dearest first, and how a file that needs one is recognized."""
SLOW = (
    "core/folds/test_verify.py",
    "core/models/test_determinism.py",
    "governance/test_bundle.py",
    "services/test_embedded.py",
)
"""Other files of ten seconds and more: the last one to begin would keep a worker waiting."""


@cache
def unit(file: str) -> str:
    """What a file runs with on one worker: all files that share a dear fixture, else itself."""
    text = (ROOT / file).read_text()
    return next((name for name, needed in SHARED.items() if needed.search(text)), file)


def rank(file: str) -> int:
    """Place of a file in the order of a run: shared fixtures, then slow files, then the rest as collected."""
    first = [*SHARED, *(f"market_assets_tests/{name}" for name in SLOW)]
    return first.index(unit(file)) if unit(file) in first else len(first)


class SharedFixtureScheduling(LoadFileScheduling):
    """Files go to the next free worker; those that share a session fixture go together, as it is made once then."""

    def _split_scope(self, nodeid: str) -> str:
        return unit(super()._split_scope(nodeid))
