"""market_assets: market data to governed models, as a Dagster asset graph."""

__version__ = "0.1.0"
