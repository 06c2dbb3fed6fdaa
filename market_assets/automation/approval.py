"""The human checkpoint as a job: a reviewer approves a decision from the UI."""

import dagster as dg
from pydantic import Field

from market_assets.core.errors import BadInputError
from market_assets.resources.clock import Clock
from market_assets.resources.governance import Governance

HELP = """A reviewer lets a candidate pass that met every rule of the gate; needed where the experiment file says
`approval: required`.

Read the gate report first. `model_version` stands in its metadata, `reviewer` is your name, `note` says why.
The approval goes into the audit log and cannot be taken back. Then execute the check `human_approval` of the gate
report and materialize `champion`. A refusal of the gate cannot be approved."""


class ApproveConfig(dg.Config):
    """A reviewer's word."""

    experiment: str = Field(default="direction_daily", description="name of the experiment, the champion's slot")
    model_version: str = Field(default="", description="as shown by the gate report")
    reviewer: str = Field(default="", description="your name")
    note: str = Field(default="", description="why you approve")


@dg.op(description="Record a reviewer's approval of the newest decision that promotes a model version.")
def approve_op(context: dg.OpExecutionContext, config: ApproveConfig, governance: Governance, clock: Clock) -> None:
    """Approve and report."""
    if not config.model_version:
        raise BadInputError("approval", "name the model version, as the gate report shows it")
    given = governance.approvals().approve(
        config.experiment, config.model_version, config.reviewer, config.note, clock.now()
    )
    context.log.info("decision %d is approved by %s", given.decision, given.reviewer)
    context.add_output_metadata({"decision": given.decision, "reviewer": given.reviewer, "note": given.note})


@dg.job(
    name="approve_promotion",
    config={"ops": {"approve_op": {"config": ApproveConfig().model_dump()}}},
    description=HELP,
)
def approve_promotion() -> None:
    approve_op()
