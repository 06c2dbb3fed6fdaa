"""Replay of a champion in a fresh process: how many model families come out byte for byte."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.child import JobFailedError, parse, run_tool
from benchmarks.options import Options
from benchmarks.result import Figure, Limit, Result, Table
from benchmarks.suite.demo import demo
from benchmarks.warm import warm_up
from market_assets.core.models.registry import FAMILY_NAMES

FAMILIES = Limit(">=", len(FAMILY_NAMES), "issue 2: 5 of 5 on CPU")
ALL_EQUAL = Limit("==", 1, "issue 2")
DIFFERS = 4  # exit code of the tool when bytes differ; the comparison is printed all the same


def newest_champion(home: Path) -> str | None:
    """Model version of the newest bundle in a state folder."""
    bundles = [path for path in (home / "governance" / "bundles").glob("[!.]*") if path.is_dir()]
    return max(bundles, key=lambda path: path.stat().st_mtime).name if bundles else None


def families_equal(compared: Sequence[Mapping[str, Any]]) -> dict[str, tuple[int, int]]:
    """Fold models of every family: byte-equal ones, and all."""
    counts: dict[str, list[bool]] = defaultdict(list)
    for row in compared:
        if row["what"].startswith("fold model "):
            counts[row["what"].split()[2]].append(bool(row["equal"]))
    return {family: (sum(equal), len(equal)) for family, equal in sorted(counts.items())}


def run(options: Options) -> Result:
    """Replay the champion of the state folder; without one, the main job makes it first.

    Raises
    ------
    JobFailedError
        when the main job promotes nothing: there is no champion to replay.
    """
    champion = newest_champion(options.home)
    if champion is None:
        warm_up()
        demo(options)
        champion = newest_champion(options.home)
    if champion is None:
        raise JobFailedError("the main job promoted nothing at this size: no champion to replay")
    ran = run_tool(["replay", champion, "--full", "--json"], options.home, options.open_gates)
    payload = parse(ran, "market-assets replay", (0, DIFFERS))
    families = families_equal(payload["compared"])
    whole = sum(equal == total for equal, total in families.values())
    others = [row for row in payload["compared"] if not row["what"].startswith("fold model ")]
    return Result(
        "replay",
        "Replay from the manifest in a fresh process and database",
        {"model_version": champion, "fold_models": sum(total for _, total in families.values())},
        (
            Figure("model families byte-equal", whole, f"of {len(FAMILY_NAMES)}", FAMILIES),
            Figure("champion, calibrator and inputs equal", int(all(row["equal"] for row in others)), "", ALL_EQUAL),
            Figure("wall of the replay", ran.seconds, "s"),
            Figure("peak memory, process tree and servers", ran.tree_mib, "MiB"),
        ),
        (
            Table(
                "Fold models",
                ("family", "byte-equal", "of"),
                tuple((family, equal, total) for family, (equal, total) in families.items()),
            ),
            Table("Compared", ("what", "equal"), tuple((row["what"], row["equal"]) for row in others)),
        ),
    )
