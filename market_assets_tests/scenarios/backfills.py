"""Backfills as the daemon runs them: its own iteration over a code location, with a launcher that runs in memory."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import count

import dagster as dg
from dagster._core.execution.backfill import BulkActionStatus, PartitionBackfill
from dagster._core.remote_origin import InProcessCodeLocationOrigin
from dagster._core.types.loadable_target_origin import LoadableTargetOrigin
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._core.workspace.load_target import InProcessWorkspaceLoadTarget
from dagster._daemon.backfill import execute_backfill_iteration
from dagster._time import get_current_timestamp

from market_assets_tests.worlds import World

_numbers = count(1)
MOST = 40
"""Daemon iterations after which a backfill counts as stuck."""


@contextmanager
def workspace(world: World) -> Iterator[WorkspaceProcessContext]:
    """The daemon's view of the world: one code location, loaded from a file."""
    path = world.location_file()
    origin = LoadableTargetOrigin(
        executable_path=sys.executable, python_file=str(path), working_directory=str(path.parent), attribute="defs"
    )
    target = InProcessWorkspaceLoadTarget(InProcessCodeLocationOrigin(origin, location_name=world.name))
    with WorkspaceProcessContext(world.instance, target) as context:
        yield context


def backfill(world: World, assets: Sequence[dg.AssetKey], snapshots: Sequence[str]) -> PartitionBackfill:
    """Launch an asset backfill over whole snapshots and let the daemon iterate until it is over.

    The first asset is the anchor: its partitions are the snapshots, everything else descends from it.
    """
    logger = logging.getLogger("backfill")
    with workspace(world) as context:
        graph = context.create_request_context().asset_graph
        started = PartitionBackfill.from_asset_partitions(
            backfill_id=f"backfill-{world.name}-{next(_numbers)}",
            asset_graph=graph,
            partition_names=list(snapshots),
            asset_selection=list(assets),
            backfill_timestamp=get_current_timestamp(),
            tags={},
            dynamic_partitions_store=world.instance,
            all_partitions=False,
            title=None,
            description=None,
            run_config=None,
        )
        world.instance.add_backfill(started)
        for _ in range(MOST):
            errors = [error for error in execute_backfill_iteration(context, logger) if error is not None]
            assert not errors, errors[0].to_string()
            current = world.instance.get_backfill(started.backfill_id)
            if current.status not in (BulkActionStatus.REQUESTED, BulkActionStatus.FAILING):
                return current
    raise AssertionError(f"the backfill is {current.status} after {MOST} iterations")


def launched(world: World, done: PartitionBackfill) -> list[dg.DagsterRun]:
    """Runs that the backfill launched, oldest first."""
    records = world.instance.get_run_records(dg.RunsFilter(tags={"dagster/backfill": done.backfill_id}))
    return [record.dagster_run for record in reversed(records)]
