"""How features and their importance are diagnosed, as it may stand in an experiment file."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from market_assets.core.spec import spec

Share = Annotated[float, Field(gt=0, lt=1)]


@spec
class DiagnosticsSpec:
    """Parameters of the feature diagnostics and of the importance report; they shape no model and no gate.

    Parameters
    ----------
    horizon : sessions of the return that features are held against, from the open after the decision on.
    decay : the decay curves go from 1 to this many sessions.
    level : largest adjusted p-value that counts as information; also one minus the coverage of intervals.
    reps : resamples of the block bootstrap; blocks are twice the horizon long on average.
    missing : share of rows without a value above which a feature is mostly missing.
    correlation : absolute rank correlation from which on features stand for each other.
    vif : variance inflation above which a feature is a combination of others, after one of each cluster is kept.
    agreement : share of the walk-forward blocks that must have the sign of the whole for a feature to be stable.
    rows : rows that correlations are read from, at most, in whole sessions.
    top : features in the top set whose stability is measured, and that are permuted, a family.
    permuted_rows, explained_rows : test rows of a fold that are permuted and explained, at most.
    """

    horizon: int = Field(default=10, ge=1, le=60)
    decay: int = Field(default=20, ge=1, le=60)
    level: Share = 0.05
    reps: int = Field(default=1000, ge=100)
    missing: Share = 0.5
    correlation: Share = 0.9
    vif: float = Field(default=10.0, gt=1)
    agreement: Share = 0.65
    rows: int = Field(default=20_000, ge=100)
    top: int = Field(default=20, ge=1)
    permuted_rows: int = Field(default=500, ge=10)
    explained_rows: int = Field(default=100, ge=10)
