"""The command line tool `market-assets`; every command drives Dagster, so the UI shows what it did."""

from __future__ import annotations

import sys

import typer

from market_assets.core.errors import BadInputError, IntegrityError, MarketAssetsError, ServiceUnavailableError

EXIT_CODES = {BadInputError: 2, ServiceUnavailableError: 3, IntegrityError: 4}

app = typer.Typer(
    name="market-assets",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Market data to governed models, and a refusal for those that only look good.\n\n"
    "Exit codes: 0 done (a refusal is a result too), 1 a run failed, 2 bad input, 3 a service is not reachable, "
    "4 stored bytes do not match their hash or signature.",
)


def _register_commands() -> None:
    from market_assets.cli import data, demo, doctor, govern, run, ui

    for module in (demo, data, run, govern, ui, doctor):
        module.attach(app)


def main() -> None:
    """Entry point: typed errors become one line on stderr and an exit code."""
    _register_commands()
    try:
        app()
    except MarketAssetsError as error:
        code = next((code for kind, code in EXIT_CODES.items() if isinstance(error, kind)), 1)
        sys.stderr.write(f"market-assets: {error}\n")
        sys.exit(code)
    except KeyboardInterrupt:
        sys.stderr.write("market-assets: stopped; run the same command again to go on where it stood\n")
        sys.exit(130)


if __name__ == "__main__":
    main()
