"""An experiment with a human checkpoint: the candidate waits, a reviewer approves, the champion is made."""

from market_assets.assets import keys
from market_assets.automation.jobs import verdict_of
from market_assets.core.gates.verdict import AWAITING
from market_assets_tests.worlds import CLEAN_AT, World, champion_traces, document, failures, reopened, write_experiments

ASKED = document(gates={"promotion": {}, "approval": "required"})


def test_a_candidate_waits_for_its_reviewer(fresh_world: World) -> None:
    """Every rule is met, yet the run ends before the champion, by hand too; after the approval it is made."""
    write_experiments(fresh_world.settings.experiments, ASKED)
    world, clean = reopened(fresh_world), fresh_world.snapshot(CLEAN_AT)
    waiting = world.run(clean)[-1]
    assert waiting.failed_checks == ("tiny/gate_report:human_approval",)
    assert verdict_of(waiting.failed_checks) == AWAITING
    alone = world.materialize(keys.champion("tiny"), clean)
    assert "waits for a reviewer" in failures(alone)[0]
    assert champion_traces(world, clean) == []

    (decision,) = world.governance.registry().decisions("tiny", clean)
    form = {"experiment": "tiny", "model_version": decision.model_version, "reviewer": "Ada", "note": "read it"}
    assert world.execute_job("approve_promotion", {**form, "note": ""}).success is False
    assert world.execute_job("approve_promotion", form).success

    done = world.run(clean)
    assert done[-1].success, done[-1].failures
    champion = world.governance.registry().champion("tiny")
    assert champion is not None
    assert champion.model_version == decision.model_version
