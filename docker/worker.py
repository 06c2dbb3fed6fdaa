"""Become a Celery worker configured by ``celery.yaml``.

``dagster-celery worker start`` runs Celery as a child and does not hand it the stop signal, so a container stop would
kill the step in hand. Here Celery takes the place of this process: on SIGTERM it finishes its step and takes no more.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import Any

APP = "dagster_celery.app"
CONFIG = Path(__file__).with_name("celery.yaml")
QUEUE = "dagster"


def settings_module(config: dict[str, Any]) -> str:
    """Text of the module ``dagster_celery_config``, which the Celery app of dagster-celery reads."""
    values = {
        "broker_url": config["broker"],
        "result_backend": config["backend"],
        **(config.get("config_source") or {}),
    }
    return "".join(f"{name} = {value!r}\n" for name, value in values.items())


def command(queues: list[str]) -> list[str]:
    """Return the command line of a worker that runs one step at a time.

    Warnings only: at INFO Celery prints every event of every step, which Dagster stores anyway.
    """
    listen = ",".join(queues or [QUEUE])
    return ["celery", "-A", APP, "worker", "-n", "worker@%h", "-Q", listen, "--concurrency", "1"]


def main() -> None:
    """Write the settings where only this account can read them, and start Celery on the queues named as arguments."""
    from dagster_celery.cli import get_validated_config

    folder = Path(tempfile.mkdtemp(prefix="celery_"))  # mode 0700
    (folder / "dagster_celery_config.py").write_text(settings_module(get_validated_config(str(CONFIG))))
    path = [str(folder), *filter(None, [os.environ.get("PYTHONPATH")])]
    os.environ["PYTHONPATH"] = os.pathsep.join(path)
    line = command(sys.argv[1:])
    os.execvp(line[0], line)


if __name__ == "__main__":
    main()
