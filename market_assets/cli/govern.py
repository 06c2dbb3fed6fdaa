"""Commands of governance: verify, replay, report."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from market_assets.automation.replay import replay as rebuild
from market_assets.cli.options import ExperimentName, Json
from market_assets.cli.outcome import show
from market_assets.cli.output import emit, people, progress, table
from market_assets.cli.report import newest_snapshot, write_report
from market_assets.cli.session import Session, open_session
from market_assets.core.errors import BadInputError, IntegrityError
from market_assets.core.identifiers import check_name
from market_assets.governance.bundle import Bundle, read_bundle
from market_assets.governance.signing import key_ring, load_public_key, public_key_path
from market_assets.governance.verifier import verify_audit_export, verify_bundle


def load_bundle(session: Session, model_version: str) -> Bundle:
    """The verified bundle of a model version.

    Raises
    ------
    BadInputError
        when no bundle of that name was published here.
    """
    folder = session.governance.bundles / check_name(model_version)
    if not folder.is_dir():
        have = sorted(path.name for path in session.governance.bundles.glob("[!.]*"))
        raise BadInputError(
            "unknown_model", f"no model version {model_version}; published here: {', '.join(have) or 'none'}"
        )
    return read_bundle(folder, key_ring([load_public_key(public_key_path(session.governance.key_path))]))


def replay(
    model_version: Annotated[str, typer.Argument(help="Model version, as printed by run and shown in the UI.")],
    full: Annotated[bool, typer.Option("--full", help="Rebuild every fold model of every family too.")] = False,
    json: Json = False,
) -> None:
    """Rebuild a champion from its manifest in a fresh database and compare bytes; exit code 4 on any difference."""
    from market_assets.definitions import build

    with open_session() as session:
        bundle = load_bundle(session, model_version)
        at = session.clock.now()
        rows = rebuild(build, session.settings, session.warehouse, bundle, full=full, progress=show)
        equal = all(row.equal for row in rows)
        subject = {"model_version": model_version, "full": full, "compared": len(rows), "equal": equal}
        session.governance.audit().append("replay", subject, actor="operator", at=at)
    if json:
        emit(
            {
                "model_version": model_version,
                "equal": equal,
                "compared": [{**asdict(r), "equal": r.equal} for r in rows],
            }
        )
    else:
        shown = [row for row in rows if not row.what.startswith("fold model") or not row.equal]
        table(
            f"Replay of {model_version}",
            ("what", "manifest", "rebuilt", "equal"),
            [(row.what, row.wanted[:16], row.found[:16], row.equal) for row in shown],
        )
        if full:
            folds = [row for row in rows if row.what.startswith("fold model")]
            for family in sorted({row.what.split()[2] for row in folds}):
                own = [row for row in folds if row.what.split()[2] == family]
                people.print(f"  {family}: {sum(row.equal for row in own)} of {len(own)} fold models byte-equal")
    if not equal:
        raise IntegrityError(f"replay of {model_version} differs from its manifest")


def verify(
    model_version: Annotated[str | None, typer.Argument(help="Model version; default: the audit chain only.")] = None,
    bundle: Annotated[Path | None, typer.Option(help="A bundle folder to check without any database.")] = None,
    public_key: Annotated[Path | None, typer.Option(help="Trusted public key of --bundle or of an export.")] = None,
    audit: Annotated[Path | None, typer.Option(help="An exported audit log to check without any database.")] = None,
    anchors: Annotated[Path | None, typer.Option(help="Anchor file of --audit.")] = None,
    json: Json = False,
) -> None:
    """Check signature and digests of a bundle, and the audit chain; exit code 4 when something does not match."""
    if bundle is not None:
        if public_key is None:
            raise BadInputError("public_key", "--bundle needs --public-key: whose signature do you trust?")
        _say(json, "bundle", asdict(verify_bundle(bundle, public_key)))
    if audit is not None:
        _chain(json, verify_audit_export(audit, anchors))
    if bundle is not None or audit is not None:
        return
    with open_session() as session:
        if model_version is not None:
            found = load_bundle(session, model_version)
            registered = session.governance.registry().find(model_version)
            if registered is None or registered.digest != found.manifest.digest:
                raise IntegrityError(f"the registry does not hold the manifest of {model_version}")
            _say(json, "bundle", {"model_version": model_version, "key_id": found.key_id, "files": len(found.files)})
        report = session.governance.audit().verify()
    _chain(json, report)


def _chain(json: bool, report: object) -> None:
    payload = dict(vars(report))
    _say(json, "audit chain", payload)
    if not payload["ok"]:
        raise IntegrityError(f"the audit chain breaks at row {payload.get('first_bad_seq')}")


def _say(json: bool, what: str, payload: dict[str, object]) -> None:
    if json:
        emit({"what": what, **payload})
    else:
        people.print(f"[green]{what}[/green] " + ", ".join(f"{name} {value}" for name, value in payload.items()))


def report(
    experiment: ExperimentName = "direction_daily",
    snapshot_id: Annotated[str | None, typer.Option("--snapshot", help="Snapshot id; default: the newest.")] = None,
    json: Json = False,
) -> None:
    """Write the gate report of a snapshot again, as HTML and Markdown, from stored records only."""
    with open_session() as session:
        session.experiment(experiment)
        path = write_report(session, experiment, snapshot_id or newest_snapshot(session, experiment))
    if json:
        emit({"report": str(path)})
    else:
        progress.print("report written")
        people.print(str(path))


def attach(app: typer.Typer) -> None:
    """Add the commands to the tool."""
    app.command()(replay)
    app.command()(verify)
    app.command()(report)
