"""The sections on features and importance, the same in the report and as a document of their own."""

from __future__ import annotations

from collections.abc import Iterator

from market_assets.core.diagnostics.importance_report import MEANINGS as IMPORTANCE_FLAGS
from market_assets.plots import feature_charts
from market_assets.reporting import feature_tables, importance_tables
from market_assets.reporting.inputs import Payload
from market_assets.reporting.sections import Block, Section


def diagnostics_sections(features: Payload | None, importance: Payload | None) -> list[Section]:
    """Sections of what there is."""
    found = []
    if features is not None:
        found.append(Section("Features", feature_tables.feature_note(features), tuple(_features(features))))
    if importance is not None:
        note = importance_tables.importance_note(importance)
        found.append(Section("Importance", note, tuple(_importance(importance))))
    return found


def _features(payload: Payload) -> Iterator[Block]:
    yield Block("Flags", table=feature_tables.flag_counts(payload))
    if feature_charts.strongest(payload, 1):
        yield Block(
            "By state of the market",
            "Mean coefficient and its t on sessions in each state, as known at the close; one feature of each "
            "cluster, those with the largest |t| overall.",
            plot=lambda: feature_charts.states(payload),
        )
        yield Block(
            "Coefficients by state of the market",
            "Mean coefficient (t), sessions in the heading. Green: not 0 after correction for all features and states.",
            feature_tables.state_table(payload),
            folded=True,
        )
        yield Block("Strongest features", table=feature_tables.coefficient_table(payload))
        yield Block(
            "Decay",
            "Mean coefficient (t) over longer returns, one feature of each cluster; the peak is where |t| is largest.",
            feature_tables.decay_table(payload),
            lambda: feature_charts.decay(payload),
        )
        yield Block(
            "Transfer to other symbols",
            "Halves share no symbol and hold every sector. A half of the signs agrees by chance.",
            feature_tables.transfer_table(payload),
            lambda: feature_charts.halves(payload),
        )
    yield Block(
        "Clusters",
        f"Rank correlations within a cluster are {payload['spec']['correlation']:g} or more in size.",
        feature_tables.cluster_table(payload),
        folded=True,
    )
    yield Block(
        "Variance inflation",
        "Beside one feature of every cluster.",
        feature_tables.inflation_table(payload),
        folded=True,
    )
    yield Block("Every flag with its reason", table=feature_tables.reason_table(payload), folded=True)


def _importance(payload: Payload) -> Iterator[Block]:
    yield Block("Do the folds agree", table=importance_tables.stability_table(payload))
    yield Block(
        "Contributions",
        "Share of the mean absolute contribution; an arrow where a higher value clearly moves the score up or down.",
        importance_tables.contribution_table(payload),
        lambda: feature_charts.contributions(payload),
    )
    yield Block(
        "What a shuffle costs",
        "Brier score lost on test rows, in 1/10,000. Where it is below 0 the model is better without the feature.",
        importance_tables.permutation_table(payload),
        lambda: feature_charts.permutation(payload),
    )
    yield Block("Flags", table=feature_tables.flag_counts(payload, IMPORTANCE_FLAGS))
    yield Block("Every flag with its reason", table=feature_tables.reason_table(payload), folded=True)
