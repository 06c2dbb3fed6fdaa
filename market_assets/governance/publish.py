"""Publishing a bundle: temporary folder, fsync, rename; the database row comes after and never names half a bundle."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from market_assets.core.errors import IntegrityError
from market_assets.governance.bundle import MANIFEST, SIGNATURE, check_files, read_bundle, signature_document
from market_assets.governance.manifest import Manifest
from market_assets.governance.signing import SigningKey, key_ring

_TEMPORARY = ".bundle-"


def write_bundle(root: Path, manifest: Manifest, files: Mapping[str, bytes], key: SigningKey) -> Path:
    """Write and sign a bundle below ``root``; returns its folder, named by the model version.

    Writing the same bundle again changes nothing. Register the manifest in the database after this returns.

    Raises
    ------
    IntegrityError
        when the files are not those of the manifest, or another bundle stands under this model version.
    OSError
        when the disk refuses; nothing is visible then under the model version.
    """
    check_files(manifest, files)
    root = Path(root)
    root.mkdir(parents=True, exist_ok=True)
    target = root / manifest.model_version
    if target.exists() or target.is_symlink():
        return _same_bundle(target, manifest, key)
    raw = manifest.to_bytes()
    contents = {**files, MANIFEST: raw, SIGNATURE: signature_document(raw, key.key_id, key.sign(raw))}
    temporary = Path(tempfile.mkdtemp(prefix=_TEMPORARY, dir=root))
    folder = os.open(temporary, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)  # tells the sweeper that the writer is alive
        os.fchmod(folder, 0o755)
        for name, data in contents.items():
            _write_file(folder, name, data)
        os.fsync(folder)
        try:
            os.rename(temporary, target)
        except OSError as error:
            if error.errno not in (errno.EEXIST, errno.ENOTEMPTY):
                raise
            shutil.rmtree(temporary)
            return _same_bundle(target, manifest, key)
        _sync_folder(root)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    finally:
        os.close(folder)
    return target


def sweep_orphans(root: Path) -> int:
    """Remove temporary folders that killed writers left behind; returns how many. Safe beside living writers."""
    removed = 0
    for path in sorted(Path(root).glob(_TEMPORARY + "*")):
        try:
            folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except (FileNotFoundError, NotADirectoryError):
            continue  # renamed meanwhile, or not one of ours
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            continue
        else:
            shutil.rmtree(path)
            removed += 1
        finally:
            os.close(folder)
    return removed


def _same_bundle(target: Path, manifest: Manifest, key: SigningKey) -> Path:
    found = read_bundle(target, key_ring([key.public]))
    if found.manifest != manifest:
        raise IntegrityError(f"another bundle is already published as {manifest.model_version}")
    return target


def _write_file(folder: int, name: str, data: bytes) -> None:
    fd = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644, dir_fd=folder)
    with os.fdopen(fd, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(fd)


def _sync_folder(path: Path) -> None:
    folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
