"""``python -m market_assets``: the command line tool."""

from market_assets.cli.main import main

if __name__ == "__main__":
    main()
