"""What an experiment file may say. Unknown keys, wrong types and out-of-range numbers are refused."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter

from market_assets.core.diagnostics.spec import DiagnosticsSpec
from market_assets.core.drift.report import DriftPolicy
from market_assets.core.execution.spec import CostSpec, PortfolioSpec
from market_assets.core.features.normalization import NormalizationSpec
from market_assets.core.folds.spec import FoldSpec
from market_assets.core.gates.collect import EvaluationSpec
from market_assets.core.gates.policy import PromotionPolicy
from market_assets.core.gates.quality import QualityGatePolicy
from market_assets.core.identity import canonical_json, sha256_hex
from market_assets.core.labels.drift import LabelDriftPolicy
from market_assets.core.labels.quality import LabelQualityPolicy
from market_assets.core.labels.registry import TargetSpec
from market_assets.core.labels.spec import LabelSpec, WeightSpec
from market_assets.core.models.calibration import CalibrationSpec
from market_assets.core.quality.policy import QualityPolicy
from market_assets.core.search.label_space import LabelSearchSpec
from market_assets.core.spec import added, spec
from market_assets.core.transforms.spec import TransformSpec
from market_assets.core.validity.assess import ValiditySpec
from market_assets.core.validity.second_stage import SecondStageSpec
from market_assets.core.validity.sensitivity import SensitivitySpec

Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


@spec
class UniverseSpec:
    """The least a snapshot must hold for this experiment to run."""

    min_symbols: int = Field(ge=1)
    min_sessions: int = Field(ge=2)


@spec
class LeakageSpec:
    """How hard the leakage proof tries, and what it asks of the bars.

    Parameters
    ----------
    cuts, seed : number of perturbation dates, and what they and the symbols on trial are drawn from.
    max_late_share : largest share of bars whose version was learned more than half a day after their close: a snapshot
        with more of them is a restated past, not what was known.
    """

    cuts: int = Field(default=3, ge=1)
    seed: int = Field(default=0, ge=0)
    max_late_share: float = Field(default=1.0, ge=0.0, le=1.0, exclude_if=lambda value: value == 1.0)


@spec
class DriftSpec:
    """What the newest sessions are held against, and how many of them; ``labels`` says when labels have moved."""

    sessions: int = Field(default=60, ge=1)
    policy: DriftPolicy = DriftPolicy()
    labels: LabelDriftPolicy = added(LabelDriftPolicy())


@spec
class GateSpec:
    """The gate policies of one experiment: of its labels, and of the promotion of its best candidate.

    ``approval: required`` adds a human checkpoint on top: a candidate that passes every rule becomes champion only
    after a named reviewer has approved the decision. Nobody can approve a refusal.
    """

    promotion: PromotionPolicy
    approval: Literal["automatic", "required"] = "automatic"
    labels: LabelQualityPolicy = added(LabelQualityPolicy())


@spec
class Experiment:
    """One chain of assets, labels to champion; ``name`` is its key prefix and its champion slot.

    ``switched_on`` names, for each optional feature family, the hash of the ablation report that shows its lift.
    ``targets`` are made beside the chain and shape nothing in it. They are therefore no part of the document and its
    hash: declaring one more must not turn a judged candidate into another one. Each has an identity of its own, from
    its parameters and code.
    """

    name: str
    version: int = Field(ge=1)
    task: Literal["direction"]
    description: str
    owner: str = Field(pattern=r"^team:[a-z0-9-]+$")
    seed: int = Field(ge=0)
    universe: UniverseSpec
    features: tuple[str, ...] = Field(min_length=1)
    switched_on: dict[str, Digest] = Field(default_factory=dict, exclude_if=lambda value: not value)
    warmup: int = Field(ge=0)
    normalization: NormalizationSpec | None = added(None)
    label: LabelSpec
    targets: dict[str, TargetSpec] = Field(default_factory=dict, exclude=True)
    weights: WeightSpec
    folds: FoldSpec
    transforms: tuple[TransformSpec, ...] = added(())
    models: dict[str, dict[str, int | float | str]] = Field(min_length=1)
    calibration: CalibrationSpec
    portfolio: PortfolioSpec
    costs: CostSpec
    evaluation: EvaluationSpec
    validity: ValiditySpec = ValiditySpec()
    sensitivity: SensitivitySpec = SensitivitySpec()
    label_search: LabelSearchSpec = added(LabelSearchSpec())
    second_stage: SecondStageSpec = added(SecondStageSpec())
    gates: GateSpec
    drift: DriftSpec
    diagnostics: DiagnosticsSpec = added(DiagnosticsSpec())

    def document(self) -> dict[str, Any]:
        """All that shapes the chain as JSON values, defaults written out."""
        return TypeAdapter(Experiment).dump_python(self, mode="json")

    def content_hash(self) -> str:
        """sha256 of the canonical document: stands in every manifest."""
        return sha256_hex(canonical_json(self.document()))


@spec
class DataPolicy:
    """Thresholds of the shared layers (quality, leakage), the same for every experiment."""

    version: int = Field(ge=1)
    quality: QualityPolicy
    quality_gate: QualityGatePolicy
    leakage: LeakageSpec

    def document(self) -> dict[str, Any]:
        """The whole policy as JSON values, defaults written out."""
        return TypeAdapter(DataPolicy).dump_python(self, mode="json")
