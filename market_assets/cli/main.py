"""The command line tool `market-assets`; every command drives Dagster, so the UI shows what it did."""

from __future__ import annotations

import signal
import sys
from collections.abc import Sequence

import typer

from market_assets.cli import (
    ablate,
    checkpoints,
    data,
    demo,
    diagnose,
    doctor,
    features,
    govern,
    label_search,
    labels,
    run,
    second_stage,
    sensitivity,
    side,
    ui,
    warm,
)
from market_assets.cli.exits import STOPPED, exit_code
from market_assets.cli.output import hush
from market_assets.core.errors import MarketAssetsError

HELP = (
    "Market data to governed models, and a refusal for those that only look good.\n\n"
    "State lies in the folder MARKET_ASSETS_HOME (default: .market_assets here). PostgreSQL and Redis are started "
    "there and stopped again, unless MARKET_ASSETS_*_URL name others. Results go to stdout, progress and errors to "
    "stderr.\n\n"
    "Exit codes: 0 done (a refusal is a result too), 1 a run failed, 2 bad input, 3 a service is not reachable, "
    "4 stored bytes do not match their hash or signature, 130 stopped by Ctrl-C."
)


def build_app() -> typer.Typer:
    """The tool with all its commands."""
    app = typer.Typer(
        name="market-assets",
        help=HELP,
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode="markdown",
    )
    commands = (
        demo,
        data,
        side,
        run,
        govern,
        checkpoints,
        sensitivity,
        ablate,
        label_search,
        second_stage,
        labels,
        features,
        diagnose,
        ui,
        doctor,
        warm,
    )
    for module in commands:
        module.attach(app)
    return app


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point: typed errors become one line on stderr and an exit code."""
    hush()
    for number in (signal.SIGTERM, signal.SIGHUP):  # end like Ctrl-C does, so that services are stopped
        signal.signal(number, signal.default_int_handler)
    try:
        build_app()(args=list(arguments) if arguments is not None else None, prog_name="market-assets")
    except MarketAssetsError as error:
        sys.stderr.write(f"market-assets: {error}\n")
        sys.exit(exit_code(error))
    except SystemExit as end:
        if end.code == STOPPED:
            sys.stderr.write("market-assets: stopped; the same command goes on from what is stored\n")
        raise


if __name__ == "__main__":
    main()
