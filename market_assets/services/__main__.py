"""``python -m market_assets.services start|stop|status``: the embedded services by hand, for development."""

from __future__ import annotations

import argparse
import sys

from market_assets.core.errors import BadInputError, ServiceUnavailableError
from market_assets.services.embedded import Services
from market_assets.settings import Settings


def main() -> int:
    """Run one verb; 0 = fine, 2 = bad setting, 3 = a service did not come up (or, for status, is down)."""
    parser = argparse.ArgumentParser(prog="python -m market_assets.services", description=__doc__)
    parser.add_argument("verb", choices=("start", "stop", "status"))
    verb = parser.parse_args().verb
    try:
        services = Services(Settings.from_environment())
        if verb == "start":
            services.start()
        elif verb == "stop":
            services.stop()
        rows = services.status()
    except (BadInputError, ServiceUnavailableError) as error:
        sys.stderr.write(f"{error}\n")
        return 2 if isinstance(error, BadInputError) else 3
    for row in rows:
        pid = f" pid {row.pid}" if row.pid else ""
        sys.stdout.write(f"{row.name}: {row.mode}, {'up' if row.running else 'down'} {row.where}{pid}\n")
    wanted = [row for row in rows if row.mode in ("embedded", "external")]
    return 0 if verb == "stop" or all(row.running for row in wanted) else 3


if __name__ == "__main__":
    sys.exit(main())
