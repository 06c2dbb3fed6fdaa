"""The command that searches for a label."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import typer

from market_assets.cli.options import ExperimentName, Json
from market_assets.cli.output import emit, people, table
from market_assets.core.errors import BadInputError
from market_assets.core.identifiers import check_name

SHOWN = 10
EVERY = 20
"""Trials between two lines of progress where the terminal cannot overwrite one."""


def label_search(
    snapshot_id: Annotated[
        str | None, typer.Argument(metavar="[SNAPSHOT]", help="Snapshot id. Default: the newest judged one.")
    ] = None,
    trials: Annotated[int, typer.Option(min=0, help="Labels to try. Default: as the experiment file says.")] = 0,
    experiment: ExperimentName = "direction_daily",
    json: Json = False,
) -> None:
    """Search for the label that takes home most of what the signal foresees, net of costs and of label geometry.

    Every label is a trial: a gate report judged afterwards deflates by the larger number. The same search again adds
    none, a longer one only what is new.
    """
    if snapshot_id is not None:
        check_name(snapshot_id)
    from market_assets.assets.label_search import KIND
    from market_assets.automation.layers import label_search_layer
    from market_assets.cli.layers import drive
    from market_assets.cli.progress import progress_shown
    from market_assets.cli.report import newest_snapshot
    from market_assets.cli.session import open_session

    with open_session() as session:
        chosen = session.experiment(experiment)
        name = snapshot_id or newest_snapshot(session, experiment)
        if name not in {manifest.snapshot_id for manifest in session.warehouse.snapshots.list()}:
            raise BadInputError("unknown_snapshot", f"there is no snapshot {name}; run the graph first")
        before = session.governance.ledger().count(name)
        with progress_shown(EVERY):
            drive(session, [label_search_layer(name, chosen, trials)])
        stored = session.warehouse.reports.latest(KIND, name, experiment)
        count = session.governance.ledger().count(name)
    assert stored is not None
    ledger = {"fits": count.fits, "configurations": count.configurations, "new": count.fits - before.fits}
    if json:
        emit({"experiment": experiment, "snapshot_id": name, "ledger": ledger, **stored.payload})
    else:
        _print(name, stored.payload, ledger)


def _print(snapshot_id: str, payload: Mapping[str, Any], ledger: Mapping[str, int]) -> None:
    columns = ("label", "win rate", "expectancy", "random", "lift", "low", "high", "deflated")
    table(f"Best labels of {len(payload['trials'])} on {snapshot_id}", columns, _rows(payload), right=columns[1:])
    window, verdict = payload["windows"]["verdict"], payload["verdict"]
    if payload["chosen"] is None:
        people.print("  no label could be scored", highlight=False)
    elif verdict["figures"] is None:
        people.print(f"  {payload['chosen']['name']} later: {verdict['cause']}", markup=False, highlight=False)
    else:
        found = verdict["figures"]
        people.print(
            f"  {payload['chosen']['name']} from {window['first']} to {window['last']}: expectancy "
            f"{found['expectancy']:.4%}, random entries {found['baseline']:.4%}, lift {found['lift']:.4%} "
            f"({found['low']:.4%} to {found['high']:.4%})",
            markup=False,
            highlight=False,
        )
    people.print(
        f"  {ledger['new']} new trials; {ledger['fits']} fits of {ledger['configurations']} configurations count now",
        highlight=False,
    )


def _rows(payload: Mapping[str, Any]) -> Iterator[tuple[Any, ...]]:
    figures = {one["number"]: one["figures"] for one in payload["trials"]}
    for one in payload["ranking"][:SHOWN]:
        found = figures[one["number"]]
        shares = [f"{found[name]:.3%}" for name in ("expectancy", "baseline", "lift", "low", "high")]
        yield one["name"], f"{found['win_rate']:.1%}", *shares, f"{one['probability']:.3f}"


def attach(app: typer.Typer) -> None:
    """Add the command to the tool."""
    app.command("label-search")(label_search)
