"""A file of rows and columns by its name: CSV (``.gz`` too) or Parquet."""

from __future__ import annotations

import polars as pl

from market_assets.sources.csv_text import read_csv_text
from market_assets.sources.parquet_table import read_parquet_table


def read_table(path: str) -> pl.DataFrame:
    """Columns of text (CSV) or typed (Parquet); see the two readers for what is refused."""
    return read_parquet_table(path) if path.lower().endswith((".parquet", ".pq")) else read_csv_text(path)
