"""Load the code location as Dagster does and tell how long it took and what came with it."""

import contextlib
import io
import json
import sys
import time

HEAVY = ("torch", "xgboost", "lightgbm", "catboost")


def main() -> None:
    """Print seconds of the import and of the repository behind it, and the heavy modules that were imported."""
    # Dagster's warnings about beta features are written, as in a real load, but not shown
    with contextlib.redirect_stderr(io.StringIO()):
        begin = time.perf_counter()
        from market_assets.definitions import defs

        imported = time.perf_counter()
        repository = defs.get_repository_def()
        done = time.perf_counter()
    payload = {
        "import_seconds": imported - begin,
        "repository_seconds": done - imported,
        "seconds": done - begin,
        "assets": len(list(repository.assets_defs_by_key)),
        "modules": len(sys.modules),
        "heavy": [name for name in HEAVY if name in sys.modules],
    }
    sys.stdout.write(json.dumps(payload))


if __name__ == "__main__":
    main()
