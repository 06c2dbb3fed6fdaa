"""How fold models look in the UI: icons, titles, columns, and the figures on the page of a partition."""

from __future__ import annotations

import dagster as dg

from market_assets.assets.display import describe_partitions, numbers
from market_assets.partitions import key_of
from market_assets.stores.fits import FitRecord

KINDS = {
    "xgboost": {"xgboost"},
    "lightgbm": {"lightgbm"},
    "catboost": {"catboost"},
    "random_forest": {"scikitlearn"},
    "elastic_net": {"numpy"},
}
"""What the UI shows an icon of."""

TITLES = {
    "xgboost": "XGBoost",
    "lightgbm": "LightGBM",
    "catboost": "CatBoost",
    "random_forest": "Random forest",
    "elastic_net": "Elastic net",
}

COLUMNS = dg.TableSchema(
    columns=[
        dg.TableColumn("fold", "text", "key of the fold"),
        dg.TableColumn("row", "int32", "row of the training set, in the fold's test range"),
        dg.TableColumn("raw", "double", "probability of up as the model says it"),
        dg.TableColumn("calibrated", "double", "probability of up after calibration"),
    ]
)


def describe_folds(context: dg.AssetExecutionContext, records: list[FitRecord]) -> None:
    """Put rows, device, scores and the model's digest on the page of each fold."""
    describe_partitions(
        context,
        {
            key_of(fold=record.fold, snapshot=record.snapshot_id): {
                "rows_fitted": record.n_fit,
                "rows_calibrated": record.n_calibration,
                "device": record.device,
                "rows_predicted": len(record.rows),
                **numbers(record.metrics),
                "model_sha256": record.artifact,
            }
            for record in records
        },
    )
