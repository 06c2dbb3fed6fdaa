"""A run launcher for the daemon's code in tests: every run to its end, in this process, on a thread of its own."""

from __future__ import annotations

from threading import Thread

from dagster._core.launcher import LaunchRunContext
from dagster._core.launcher.sync_in_memory_run_launcher import SyncInMemoryRunLauncher


class ThreadRunLauncher(SyncInMemoryRunLauncher):
    """The daemon launches from inside an event loop, and a run needs one of its own."""

    def launch_run(self, context: LaunchRunContext) -> None:
        errors: list[BaseException] = []

        def run() -> None:
            try:
                super(ThreadRunLauncher, self).launch_run(context)
            except BaseException as error:  # noqa: BLE001 handed to the caller below
                errors.append(error)

        thread = Thread(target=run)
        thread.start()
        thread.join()
        if errors:
            raise errors[0]
