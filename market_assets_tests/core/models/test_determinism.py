"""The same fit gives the same bytes in another process and beside other fits."""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

from market_assets.core.identity import sha256_hex
from market_assets.core.models.registry import FAMILY_NAMES, family
from market_assets_tests.core.models.planted import COMPUTE, SMALL, planted

_CHILD = """
import json
from market_assets_tests.core.models.test_determinism import digests
print(json.dumps(digests(workers=3)))
"""
SEEDS = (0, 1)


def digests(workers: int) -> dict[str, str]:
    """Digest of every (family, data) fit; with several workers all families train at the same time."""

    def one(case: tuple[str, int]) -> str:
        name, seed = case
        return sha256_hex(family(name).fit(*planted(1500, 6, seed, gaps=0.02), SMALL[name], COMPUTE))

    cases = [(name, seed) for seed in SEEDS for name in FAMILY_NAMES]
    with ThreadPoolExecutor(workers) as pool:
        return {f"{name}/{seed}": digest for (name, seed), digest in zip(cases, pool.map(one, cases), strict=True)}


def test_fresh_process_with_other_interleaving_gives_the_same_bytes():
    """Sequential fits here and three at a time, families mixed, in a fresh process agree for all five families."""
    child = subprocess.run([sys.executable, "-c", _CHILD], capture_output=True, text=True, check=True, timeout=200)
    assert child.stderr == ""
    mine = digests(workers=1)
    assert json.loads(child.stdout) == mine
    assert len(set(mine.values())) == len(FAMILY_NAMES) * len(SEEDS)
