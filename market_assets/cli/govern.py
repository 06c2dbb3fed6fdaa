"""Commands of governance: verify, replay, report."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from market_assets.cli.options import ExperimentName, Json
from market_assets.cli.output import emit, pairs, people, table
from market_assets.core.errors import BadInputError, IntegrityError, Location
from market_assets.core.identifiers import check_name

if TYPE_CHECKING:
    from market_assets.automation.replay import Comparison
    from market_assets.cli.session import Session
    from market_assets.governance.bundle import Bundle
    from market_assets.governance.chain import ChainReport

FOLD = "fold model "


def load_bundle(session: Session, model_version: str) -> Bundle:
    """The verified bundle of a model version.

    Raises
    ------
    BadInputError
        when no bundle of that name was published here.
    """
    from market_assets.governance.bundle import read_bundle
    from market_assets.governance.signing import key_ring, load_public_key, public_key_path

    folder = session.governance.bundles / model_version
    if not folder.is_dir():
        have = sorted(path.name for path in session.governance.bundles.glob("[!.]*"))
        raise BadInputError(
            "unknown_model", f"no model version {model_version}; published here: {', '.join(have) or 'none'}"
        )
    public = public_key_path(session.governance.key_path)
    if not public.is_file():
        raise IntegrityError(f"{public} is missing: without the public key no bundle can be verified")
    return read_bundle(folder, key_ring([load_public_key(public)]))


def replay(
    model_version: Annotated[str, typer.Argument(help="Model version, as printed by run and shown in the UI.")],
    full: Annotated[bool, typer.Option("--full", help="Rebuild every fold model of every family too.")] = False,
    json: Json = False,
) -> None:
    """Rebuild a champion from its manifest in a fresh database and compare bytes; exit code 4 on any difference."""
    from market_assets.automation.replay import replay as rebuild
    from market_assets.cli.layers import show
    from market_assets.cli.session import open_session

    check_name(model_version)
    with open_session() as session:
        from market_assets.definitions import build

        bundle = load_bundle(session, model_version)
        at = session.clock.now()
        rows = rebuild(build, session.settings, session.warehouse, bundle, full=full, progress=show)
        equal = all(row.equal for row in rows)
        subject = {"model_version": model_version, "full": full, "compared": len(rows), "equal": equal}
        session.governance.audit().append("replay", subject, actor="operator", at=at)
    if json:
        compared = [{**asdict(row), "equal": row.equal} for row in rows]
        emit({"model_version": model_version, "equal": equal, "compared": compared})
    else:
        _print_replay(model_version, rows)
    if not equal:
        raise IntegrityError(f"replay of {model_version} differs from its manifest")


def _print_replay(model_version: str, rows: list[Comparison]) -> None:
    shown = [row for row in rows if not row.what.startswith(FOLD) or not row.equal]
    table(
        f"Replay of {model_version}",
        ("what", "manifest", "rebuilt", "equal"),
        [(row.what, row.wanted[:12], row.found[:12], row.equal) for row in shown],
    )
    families: dict[str, list[bool]] = {}
    for row in rows:
        if row.what.startswith(FOLD):
            families.setdefault(row.what.split()[2], []).append(row.equal)
    for family, equal in sorted(families.items()):
        people.print(f"  {family}: {sum(equal)} of {len(equal)} fold models byte-equal", highlight=False)


def verify(
    model_version: Annotated[
        str | None, typer.Argument(help="Model version published here. Default: the audit chain only.")
    ] = None,
    bundle: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Check a bundle folder without any database.")
    ] = None,
    public_key: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The public key you trust, for --bundle.")
    ] = None,
    audit: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Check an exported audit log without any database.")
    ] = None,
    anchors: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Anchors for --audit; without them a cut tail goes unseen.")
    ] = None,
    json: Json = False,
) -> None:
    """Check signature and digests of a bundle, and the audit chain; exit code 4 when something does not match."""
    if bundle is not None or audit is not None:
        if model_version is not None:
            raise BadInputError("verify", "give a model version of this installation, or files, not both")
        found, chain = _from_files(bundle, public_key, audit, anchors)
    else:
        if public_key is not None or anchors is not None:
            raise BadInputError("verify", "--public-key belongs to --bundle, --anchors to --audit")
        found, chain = _from_session(model_version)
    good = chain is None or chain.ok or (chain.intact and (chain.rows == 0 or (audit is not None and anchors is None)))
    payload = {"ok": good, "bundle": found, "audit": asdict(chain) if chain is not None else None}
    if json:
        emit(payload)
    else:
        if found is not None:
            pairs("Bundle: signature and digests hold", found)
        if chain is not None:
            people.print(f"[bold]Audit chain[/bold] {chain.text}", highlight=False)
    if not good and chain is not None:
        raise IntegrityError(f"audit log: {chain.text}")


def _from_files(
    bundle: Path | None, public_key: Path | None, audit: Path | None, anchors: Path | None
) -> tuple[dict[str, Any] | None, ChainReport | None]:
    from market_assets.governance.verifier import verify_audit_export, verify_bundle

    if bundle is not None and public_key is None:
        raise BadInputError("public_key", "--bundle needs --public-key: whose signature do you trust?")
    for path in (bundle, public_key, audit, anchors):
        if path is not None and not path.exists():
            raise BadInputError("missing_file", "no such file or folder", Location(str(path)))
    found = asdict(verify_bundle(bundle, public_key)) if bundle is not None and public_key is not None else None
    return found, verify_audit_export(audit, anchors) if audit is not None else None


def _from_session(model_version: str | None) -> tuple[dict[str, Any] | None, ChainReport]:
    from market_assets.cli.session import open_session

    if model_version is not None:
        check_name(model_version)
    with open_session() as session:
        chain = session.governance.audit().verify()
        if model_version is None:
            return None, chain
        found = load_bundle(session, model_version)
        registered = session.governance.registry().find(model_version)
    if registered is None or registered.digest != found.manifest.digest:
        raise IntegrityError(f"the registry does not hold the manifest of {model_version}")
    facts = {
        "model_version": model_version,
        "snapshot_id": found.manifest.snapshot_id,
        "manifest_sha256": found.manifest.digest,
        "key_id": found.key_id,
        "files": len(found.files),
    }
    return facts, chain


def report(
    experiment: ExperimentName = "direction_daily",
    snapshot_id: Annotated[
        str | None, typer.Option("--snapshot", metavar="ID", help="Snapshot id. Default: the newest judged one.")
    ] = None,
    json: Json = False,
) -> None:
    """Write the gate report of a snapshot again, as HTML and Markdown, from stored records only."""
    from market_assets.cli.report import newest_snapshot, write_report
    from market_assets.cli.session import open_session

    if snapshot_id is not None:
        check_name(snapshot_id)
    with open_session() as session:
        session.experiment(experiment)
        path = write_report(session, experiment, snapshot_id or newest_snapshot(session, experiment))
    if json:
        emit({"report": str(path), "markdown": str(path.with_suffix(".md"))})
    else:
        people.print(str(path), markup=False, highlight=False)


def attach(app: typer.Typer) -> None:
    """Add the commands to the tool."""
    app.command()(replay)
    app.command()(verify)
    app.command()(report)
