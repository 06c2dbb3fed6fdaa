"""What a verified bundle says of rows: transforms, model and calibration curve, in this order."""

from __future__ import annotations

import json
from typing import Any

from numpy.typing import NDArray

from market_assets.core.compute import Compute
from market_assets.core.folds.training_set import TrainingSet
from market_assets.core.market.panel import Floats
from market_assets.core.models.calibration import Calibrator
from market_assets.core.models.fitted import predict_rows
from market_assets.governance.bundle import Bundle


def score_rows(bundle: Bundle, data: TrainingSet, rows: NDArray[Any], compute: Compute) -> Floats:
    """Calibrated P(y = 1) of the rows of ``data`` that a mask or index array names, shape (m,).

    Raises
    ------
    IntegrityError
        if a part of the bundle cannot be read.
    BadInputError
        if the rows do not have the columns of the fit.
    """
    curve = Calibrator.from_payload(json.loads(bundle.files["calibrator.json"]))
    return curve.apply(predict_rows(bundle.manifest.family, bundle.model, data, rows, compute))
