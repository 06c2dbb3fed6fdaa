"""Automation conditions: the second lock of every gate, for the daemon."""

from __future__ import annotations

import dagster as dg

AC = dg.AutomationCondition


def gates_open() -> dg.AutomationCondition:
    """True when no upstream partition has a blocking check that is failed, missing or outdated.

    The ready-made ``all_deps_blocking_checks_passed`` maps passing partitions down and opens on fan-in edges as
    soon as any of them passed; this strict form needs all of them.
    """
    return ~AC.any_deps_match(AC.any_checks_match(~AC.check_passed(), blocking_only=True))


def ready() -> dg.AutomationCondition:
    """Request a partition once all its inputs exist, one of them is new, and every gate above is open."""
    news = (AC.newly_missing() | AC.any_deps_updated()).since_last_handled()
    quiet = ~AC.any_deps_missing() & ~AC.any_deps_in_progress() & ~AC.in_progress()
    return (news & quiet & gates_open()).with_label("inputs are new and every gate is open")
