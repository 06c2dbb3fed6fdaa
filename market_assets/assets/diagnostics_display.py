"""How feature diagnostics and importance look in the UI: tables of the best, worst and flagged, numbers to plot."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import dagster as dg

from market_assets.assets.display import numbers, text
from market_assets.plots.feature_charts import most_used, strongest

SHOWN = 15
Payload = Mapping[str, Any]


def describe_features(payload: Payload) -> dict[str, Any]:
    """Metadata of the feature diagnostics."""
    ranked = strongest(payload, len(payload["features"]))
    halves = payload["transfer"]["halves"][0]
    return {
        "strongest_features": _coefficients(ranked[:SHOWN]),
        "weakest_features": _coefficients(ranked[: -SHOWN - 1 : -1]),
        "flagged_features": _flags(payload),
        "features": len(payload["features"]),
        "informative_features": payload["informative"],
        "clusters": len(payload["clusters"]),
        **{f"flagged_{flag.replace(' ', '_').replace('-', '_')}": n for flag, n in payload["flagged"].items()},
        **numbers(
            {
                "strongest_t": abs(ranked[0]["t"]) if ranked else None,
                "block_correlation": payload["block_correlation"],
                "transfer_correlation": halves["correlation"],
                "transfer_same_sign": halves["same_sign"],
            }
        ),
    }


def describe_importance(payload: Payload) -> dict[str, Any]:
    """Metadata of the importance report."""
    used = most_used(payload, SHOWN)
    stability = [
        dg.TableRecord(
            {
                "family": family,
                "folds": one["folds"],
                "features_used": one["used"],
                "gain_correlation": text(one["gain_correlation"]),
                "stability": text(one["top"]["value"] if one["top"] else None),
                "overlap": text(one["top"]["overlap"] if one["top"] else None),
                "overlap_by_chance": text(one["top"]["chance"] if one["top"] else None),
                "permutation_correlation": text(one["permutation_correlation"]),
                "contributions": one["cause"] or f"exact, in {one['unit']}",
            }
        )
        for family, one in payload["families"].items()
    ]
    features = [
        dg.TableRecord(
            {
                "feature": one["name"],
                "gain": text(one["gain"]),
                **{family: text(model["contribution"]) for family, model in one["models"].items()},
            }
        )
        for one in used
    ]
    return {
        "stability_by_family": dg.MetadataValue.table(stability),
        "contributions": dg.MetadataValue.table(features),
        "flagged_features": _flags(payload),
        "agreement_between_families": text(payload["between"]),
        **{f"flagged_{flag.replace(' ', '_')}": n for flag, n in payload["flagged"].items()},
        **numbers(
            {f"stability_{family}": one["top"]["value"] for family, one in payload["families"].items() if one["top"]}
        ),
    }


def _coefficients(records: list[Payload]) -> dg.TableMetadataValue:
    rows = [
        dg.TableRecord(
            {
                "feature": one["name"],
                "family": one["family"],
                "mean_coefficient": text(one["mean"]),
                "t": text(one["t"]),
                "p_corrected": text(one["p_benjamini_yekutieli"]),
                "low": text(one["low"]),
                "high": text(one["high"]),
                "strongest_at": "-" if one["peak"] is None else str(one["peak"]),
                "flags": ", ".join(one["flags"]),
            }
        )
        for one in records
    ]
    return dg.MetadataValue.table(rows) if rows else dg.MetadataValue.table([dg.TableRecord({"feature": "none"})])


def _flags(payload: Payload) -> dg.TableMetadataValue:
    rows = [
        dg.TableRecord({"feature": one["name"], "flag": flag, "reason": reason})
        for one in payload["features"]
        for flag, reason in one["flags"].items()
        if flag != "no information"  # most features, as a rule: counted, and told in the report
    ]
    none = dg.TableRecord({"feature": "none", "flag": "", "reason": ""})
    return dg.MetadataValue.table(rows or [none])
