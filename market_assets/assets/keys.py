"""Every asset key, once. Assets, checks, conditions and the driver name assets through this file only."""

from __future__ import annotations

import dagster as dg

FEATURES = "features"
BARS = dg.AssetKey(["bars"])
SIDE_SERIES = dg.AssetKey(["side_series"])
SNAPSHOT = dg.AssetKey(["snapshot"])
QUALITY = dg.AssetKey(["quality"])
QUALITY_REPORT = dg.AssetKey(["quality_report"])
LEAKAGE_REPORT = dg.AssetKey(["leakage_report"])


def features(family: str) -> dg.AssetKey:
    """Feature family, shared by every experiment."""
    return dg.AssetKey([FEATURES, family])


def experiment_of(key: dg.AssetKey) -> str | None:
    """Experiment an asset belongs to; None for the shared layers."""
    return key.path[0] if len(key.path) > 1 and key.path[0] != FEATURES else None


def labels(experiment: str) -> dg.AssetKey:
    """Labels of one experiment."""
    return dg.AssetKey([experiment, "labels"])


def target(experiment: str, name: str) -> dg.AssetKey:
    """Declared target of one experiment."""
    return dg.AssetKey([experiment, "targets", name])


def label_report(experiment: str) -> dg.AssetKey:
    """Label report of one experiment."""
    return dg.AssetKey([experiment, "label_report"])


def training_set(experiment: str) -> dg.AssetKey:
    """Training set of one experiment."""
    return dg.AssetKey([experiment, "training_set"])


def fold_plan(experiment: str) -> dg.AssetKey:
    """Fold plan of one experiment."""
    return dg.AssetKey([experiment, "fold_plan"])


def feature_diagnostics(experiment: str) -> dg.AssetKey:
    """Feature diagnostics of one experiment."""
    return dg.AssetKey([experiment, "feature_diagnostics"])


def fold_models(experiment: str, family: str) -> dg.AssetKey:
    """Fold models of one family of one experiment."""
    return dg.AssetKey([experiment, "fold_models", family])


def out_of_fold(experiment: str) -> dg.AssetKey:
    """Out-of-fold predictions of one experiment."""
    return dg.AssetKey([experiment, "out_of_fold"])


def meta_labels(experiment: str) -> dg.AssetKey:
    """Meta-labels of one experiment's out-of-fold predictions."""
    return dg.AssetKey([experiment, "meta_labels"])


def second_stage(experiment: str) -> dg.AssetKey:
    """Which trades of one experiment's best candidate a second model would take."""
    return dg.AssetKey([experiment, "second_stage"])


def importance(experiment: str) -> dg.AssetKey:
    """Importance of features to the fold models of one experiment."""
    return dg.AssetKey([experiment, "importance"])


def calibration(experiment: str) -> dg.AssetKey:
    """Calibration report of one experiment."""
    return dg.AssetKey([experiment, "calibration"])


def backtest(experiment: str) -> dg.AssetKey:
    """Backtests of one experiment."""
    return dg.AssetKey([experiment, "backtest"])


def validity(experiment: str) -> dg.AssetKey:
    """Validity report of one experiment."""
    return dg.AssetKey([experiment, "validity"])


def sensitivity(experiment: str) -> dg.AssetKey:
    """Sensitivity of the best candidate of one experiment."""
    return dg.AssetKey([experiment, "sensitivity"])


def label_search(experiment: str) -> dg.AssetKey:
    """Label search of one experiment."""
    return dg.AssetKey([experiment, "label_search"])


def ablation(experiment: str) -> dg.AssetKey:
    """What feature families bring to the best candidate of one experiment."""
    return dg.AssetKey([experiment, "ablation"])


def gate_report(experiment: str) -> dg.AssetKey:
    """Promotion gate report of one experiment."""
    return dg.AssetKey([experiment, "gate_report"])


def champion(experiment: str) -> dg.AssetKey:
    """Champion of one experiment."""
    return dg.AssetKey([experiment, "champion"])


def drift_report(experiment: str) -> dg.AssetKey:
    """Drift of a snapshot against the champion's training data."""
    return dg.AssetKey([experiment, "drift_report"])
