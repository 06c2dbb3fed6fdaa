"""The command that shows what the labels of a snapshot look like, and fills targets and meta-labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from market_assets.cli.options import ExperimentName, Json
from market_assets.cli.output import emit, pairs, people, table
from market_assets.core.errors import BadInputError
from market_assets.core.identifiers import check_name

if TYPE_CHECKING:
    from market_assets.cli.session import Session
    from market_assets.experiments.spec import Experiment


def labels(
    snapshot_id: Annotated[
        str | None, typer.Argument(metavar="[SNAPSHOT]", help="Snapshot id. Default: the newest with a label report.")
    ] = None,
    experiment: ExperimentName = "direction_daily",
    targets: Annotated[bool, typer.Option("--targets", help="Make the declared targets and show them too.")] = False,
    meta: Annotated[bool, typer.Option("--meta", help="Make the meta-labels and show their base rates too.")] = False,
    json: Json = False,
) -> None:
    """Show the label report of a snapshot: gate, classes, barriers, years, regimes, symbols and drift.

    With --targets and --meta the declared targets and the meta-labels of the stored forecasts are made first; what is
    stored already is kept.
    """
    if snapshot_id is not None:
        check_name(snapshot_id)
    from market_assets.assets.label_report import KIND
    from market_assets.assets.locks import label_verdict
    from market_assets.cli.session import open_session

    with open_session() as session:
        chosen = session.experiment(experiment)
        name = snapshot_id or _newest(session, experiment)
        stored = session.warehouse.reports.latest(KIND, name, experiment)
        if stored is None:
            raise BadInputError(
                "no_report", f"snapshot {name} has no label report of {experiment}; run the graph first"
            )
        verdict = label_verdict(session.warehouse, name, chosen).to_payload()
        made = _targets(session, name, chosen) if targets else []
        rates = _meta(session, name, chosen) if meta else []
    document: dict[str, Any] = {"experiment": experiment, "snapshot_id": name, "gate": verdict, **stored.payload}
    if json:
        emit({**document, **({"targets": made} if targets else {}), **({"meta_labels": rates} if meta else {})})
        return
    _print(document)
    if targets:
        _records("Targets", made)
    if meta:
        _records("Meta-labels: trades worth taking, net of costs", rates)


def _newest(session: Session, experiment: str) -> str:
    from market_assets.assets.label_report import KIND

    for manifest in reversed(session.warehouse.snapshots.list()):
        if session.warehouse.reports.latest(KIND, manifest.snapshot_id, experiment) is not None:
            return manifest.snapshot_id
    raise BadInputError("no_report", f"{experiment} has no label report yet; `market-assets run` makes one")


def _targets(session: Session, snapshot_id: str, experiment: Experiment) -> list[dict[str, Any]]:
    """Fill the declared targets and describe each."""
    from market_assets.assets.panel import load_panel
    from market_assets.assets.targets import load_target
    from market_assets.automation.layers import target_layers
    from market_assets.cli.layers import drive
    from market_assets.core.labels.distribution import label_distribution
    from market_assets.core.labels.registry import KINDS
    from market_assets.partitions import SYMBOL

    if not experiment.targets:
        raise BadInputError("no_targets", f"experiment {experiment.name} declares no targets")
    manifest = session.warehouse.snapshots.get(snapshot_id)
    registered = session.instance.get_dynamic_partitions(str(SYMBOL.name))
    drive(session, target_layers(snapshot_id, manifest.symbols, registered, experiment))
    panel, rows = load_panel(session.warehouse, manifest), []
    for name, spec in experiment.targets.items():
        found = load_target(session.warehouse, manifest, experiment, name)
        figures = label_distribution(panel, found, KINDS[spec.kind].classes)
        rows.append(
            {
                "target": name,
                "kind": spec.kind,
                "defined": figures["defined"],
                "sessions": figures["sessions"],
                "uniqueness": figures["uniqueness"],
                "values": _values(figures),
            }
        )
    return rows


def _values(figures: Mapping[str, Any]) -> str:
    """Shares of the classes, or three quantiles of a quantity."""
    if "classes" in figures:
        return ", ".join(f"{one['value']}: {one['share']:.1%}" for one in figures["classes"])
    found = figures["quantiles"]
    return f"5 %: {found['0.05']:.4f}, median: {found['0.5']:.4f}, 95 %: {found['0.95']:.4f}"


def _meta(session: Session, snapshot_id: str, experiment: Experiment) -> list[dict[str, Any]]:
    """Make the meta-labels and return their base rates."""
    from market_assets.assets.meta_labels import KIND, rows_of
    from market_assets.assets.predictions import KIND as OUT_OF_FOLD
    from market_assets.automation.layers import meta_layer
    from market_assets.cli.layers import drive

    if session.warehouse.reports.latest(OUT_OF_FOLD, snapshot_id, experiment.name) is None:
        raise BadInputError("no_report", f"snapshot {snapshot_id} has no forecasts of {experiment.name} to ask about")
    drive(session, [meta_layer(snapshot_id, experiment)])
    stored = session.warehouse.reports.latest(KIND, snapshot_id, experiment.name)
    assert stored is not None
    return rows_of(stored.payload)


def _print(document: Mapping[str, Any]) -> None:
    from market_assets.assets.label_report import headline, rows_of

    pairs(f"Labels of {document['experiment']} on {document['snapshot_id']}", headline(document))
    for title, rows in rows_of(document).items():
        _records(title.capitalize(), rows)
    _drift(document["drift"])
    reasons = document["gate"]["reasons"]
    table(
        f"Label gate: {'open' if document['gate']['passed'] else 'closed'}",
        ("rule", "passed", "value", "", "threshold", "why"),
        [[one[name] for name in ("gate", "passed", "value", "comparison", "threshold", "text")] for one in reasons],
    )


def _drift(drift: Mapping[str, Any] | None) -> None:
    if drift is None:
        people.print("  no earlier snapshot of these labels to hold them against", highlight=False)
        return
    rows = [
        [name, one["reference"], one["current"], one["psi"], " ".join(one["reasons"] or one["gaps"]) or "calm"]
        for name, one in ((name, drift[name]) for name in ("whole", "newest"))
    ]
    table(f"Against {drift['snapshot_id']}", ("labels", "before", "now", "psi", "verdict"), rows)


def _records(title: str, rows: Sequence[Mapping[str, Any]]) -> None:
    if rows:
        names = list(rows[0])
        right = [name for name in names if any(isinstance(row[name], float) for row in rows)]
        table(title, names, [[row[name] for name in names] for row in rows], right=right)


def attach(app: typer.Typer) -> None:
    """Add the command to the tool."""
    app.command()(labels)
