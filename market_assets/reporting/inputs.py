"""What a report is made of: payloads as they are stored, and return series. Nothing is typed in by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from market_assets.core.errors import IntegrityError
from market_assets.core.execution.returns import Returns
from market_assets.core.statistics.pbo import cscv

Payload = Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class ReportSeries:
    """Walk-forward net returns by name, and the logits behind PBO.

    Parameters
    ----------
    sessions : (T,) datetime64, when each return was booked.
    candidates, baselines : name -> net returns (T,).
    pbo_logits : one logit a split of CSCV; empty when PBO could not be computed.
    """

    sessions: NDArray[np.datetime64]
    candidates: Mapping[str, NDArray[np.float64]]
    baselines: Mapping[str, NDArray[np.float64]]
    pbo_logits: NDArray[np.float64]

    @staticmethod
    def from_returns(returns: Returns, evidence: Payload) -> ReportSeries:
        """Take the walk-forward span of stored returns, and repeat CSCV to show what PBO is a share of.

        Raises
        ------
        IntegrityError
            when the repeated PBO is not the stored one: returns and evidence do not belong together.
        """
        span = slice(returns.first, len(returns.sessions))
        logits = np.empty(0)
        if evidence["pbo"] is not None:
            again = cscv(returns.path_matrix()[1], evidence["pbo_blocks"])
            if again.pbo != evidence["pbo"]:
                raise IntegrityError(f"the stored returns give PBO {again.pbo}, the evidence says {evidence['pbo']}")
            logits = again.logits
        return ReportSeries(
            sessions=returns.sessions[span],
            candidates={name: returns.walk_forward[span, k] for k, name in enumerate(returns.candidates)},
            baselines={name: returns.rules[span, k] for k, name in enumerate(returns.baselines)},
            pbo_logits=logits,
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class ReportInput:
    """Everything a report shows.

    Parameters
    ----------
    experiment : name of the experiment, which is the champion slot too.
    snapshot : manifest of the snapshot; any JSON facts.
    verdict : ``Verdict.to_payload()`` of the promotion gate.
    evidence : ``Evidence.to_payload()``.
    series : walk-forward returns.
    books : name -> figures of every candidate's and baseline's backtest.
    reliability : family -> ``{"raw", "calibrated"}``, each a reliability table with its Brier score.
    quality : payload of the quality report.
    leakage : payload of the leakage proof.
    trials : ``{"fits", "configurations"}`` of the ledger.
    costs : the cost section of the experiment file.
    champion : facts about the promoted model (model version, predecessor, key id, ...); None after a refusal.
    timings : ``{"stage", "seconds", "peak_rss_mb"}`` in the order of the flow.
    document : the whole experiment file.
    validity : payload of the validity report; None where there is none.
    sensitivity : payload of the sensitivity report; None where nobody asked for one.
    label_search : payload of the label search; None where nobody asked for one.
    ablation : payload of the ablation; None where nobody asked for one.
    features, importance : payloads of the feature diagnostics and of the importance report; None where there is none.
    error_rates : measured error rates of the gate, see ``error_rates.measured_error_rates``; None = not shown.
    """

    experiment: str
    snapshot: Payload
    verdict: Payload
    evidence: Payload
    series: ReportSeries
    books: Mapping[str, Payload]
    reliability: Mapping[str, Payload]
    quality: Payload
    leakage: Payload
    trials: Payload
    costs: Payload = field(default_factory=dict)
    champion: Payload | None = None
    timings: Sequence[Payload] = ()
    document: Payload = field(default_factory=dict)
    validity: Payload | None = None
    sensitivity: Payload | None = None
    label_search: Payload | None = None
    ablation: Payload | None = None
    features: Payload | None = None
    importance: Payload | None = None
    error_rates: Payload | None = None
