"""Reading a signed bundle: everything is verified over raw bytes before any parser sees them."""

from __future__ import annotations

import errno
import json
import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from market_assets.core.errors import IntegrityError
from market_assets.core.identity import canonical_json
from market_assets.governance.manifest import Manifest, file_entry
from market_assets.governance.signing import ALGORITHM, key_id, verify_signature

MANIFEST = "manifest.json"
SIGNATURE = "signature.json"
MIB = 1024 * 1024
MODEL_EXTENSIONS = ("cbm", "chain", "forest", "linear", "safetensors", "txt", "ubj")  # formats that carry no code
_MODEL = re.compile(rf"model\.(?:{'|'.join(MODEL_EXTENSIONS)})")
_SIDE_FILES = {
    "calibrator.json": 16 * MIB,
    "metrics.json": 16 * MIB,
    "diagnostics.json": 64 * MIB,
    "gate_report.json": 64 * MIB,
    "model_card.md": 4 * MIB,
}
REQUIRED = ("calibrator.json", "metrics.json", "diagnostics.json", "gate_report.json")
_LIMITS = {**_SIDE_FILES, MANIFEST: 8 * MIB, SIGNATURE: 4096}
MAX_MODEL = 500 * MIB
_KEY_ID = re.compile(r"[0-9a-f]{16}")


@dataclass(frozen=True)
class Bundle:
    """A verified bundle.

    Parameters
    ----------
    manifest : the signed manifest.
    key_id : identity of the key that signed it.
    files : the verified bytes of every other file. Parse these bytes and never the files again, which may change.
    """

    manifest: Manifest
    key_id: str
    files: Mapping[str, bytes]

    @property
    def model_name(self) -> str:
        """Name of the model file."""
        return next(name for name in self.files if _MODEL.fullmatch(name))

    @property
    def model(self) -> bytes:
        """Verified bytes of the model."""
        return self.files[self.model_name]


def read_bundle(path: Path, public_keys: Mapping[str, Ed25519PublicKey]) -> Bundle:
    """Read and verify a bundle folder.

    Order: names, kinds and sizes of the folder's entries; signature over the raw manifest; its content; digests.

    Parameters
    ----------
    path : bundle folder, named by its model version.
    public_keys : the trusted keys by their identity; see ``signing.key_ring``.

    Raises
    ------
    IntegrityError
        for the first thing that is wrong. There is no option that lets a bundle pass.
    """
    raw = _read_folder(Path(path))
    key = _check_signature(raw[SIGNATURE], raw[MANIFEST], public_keys)
    manifest = Manifest.from_bytes(raw[MANIFEST])
    files = {name: data for name, data in raw.items() if name not in (MANIFEST, SIGNATURE)}
    check_files(manifest, files)
    if manifest.model_version != Path(path).absolute().name:
        raise IntegrityError(f"bundle {Path(path).name} holds the manifest of {manifest.model_version}")
    return Bundle(manifest, key, files)


def check_files(manifest: Manifest, files: Mapping[str, bytes]) -> None:
    """Check names, sizes and digests of bundle files against the manifest; raises IntegrityError."""
    models = [name for name in files if _MODEL.fullmatch(name)]
    if len(models) != 1:
        raise IntegrityError(f"a bundle holds exactly one model file, not {sorted(models)}")
    missing = [name for name in REQUIRED if name not in files]
    if missing:
        raise IntegrityError(f"the bundle lacks {', '.join(missing)}")
    if set(files) != set(manifest.files):
        difference = sorted(set(files) ^ set(manifest.files))
        raise IntegrityError(f"the bundle's files are not those of its manifest: {', '.join(difference)}")
    for name, data in files.items():
        if len(data) > size_limit(name) or not data:
            raise IntegrityError(f"bundle file {name} has {len(data)} bytes; allowed are 1 to {size_limit(name)}")
        if file_entry(data) != manifest.files[name]:
            raise IntegrityError(f"bundle file {name} does not match its digest")


def size_limit(name: str) -> int:
    """Largest allowed size of a bundle file in bytes; a name outside the allow-list raises IntegrityError."""
    if name in _LIMITS:
        return _LIMITS[name]
    if _MODEL.fullmatch(name):
        return MAX_MODEL
    raise IntegrityError(f"{name!r} is not a bundle file name")


def signature_document(manifest: bytes, key: str, signature: str) -> bytes:
    """Write signature.json, in its one canonical form."""
    return canonical_json({"algorithm": ALGORITHM, "key_id": key, "signature": signature, "size": len(manifest)})


def _check_signature(document: bytes, manifest: bytes, public_keys: Mapping[str, Ed25519PublicKey]) -> str:
    try:
        record = json.loads(document)
    except (ValueError, RecursionError) as error:
        raise IntegrityError("signature.json is not JSON") from error
    if not isinstance(record, dict) or set(record) != {"algorithm", "key_id", "signature", "size"}:
        raise IntegrityError("signature.json does not have its four fields")
    if record["algorithm"] != ALGORITHM:
        raise IntegrityError(f"signature algorithm {record['algorithm']!r} is not {ALGORITHM}")
    key = record["key_id"]
    if not isinstance(key, str) or not _KEY_ID.fullmatch(key) or key not in public_keys:
        raise IntegrityError(f"the bundle is signed by key {key!r}, which is not trusted here")
    if key_id(public_keys[key]) != key:
        raise IntegrityError(f"the key ring holds another key under {key}")
    verify_signature(public_keys[key], manifest, record["signature"])
    if document != signature_document(manifest, key, record["signature"]):
        raise IntegrityError("signature.json is not in canonical form")
    return key


def _read_folder(path: Path) -> dict[str, bytes]:
    try:
        folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as error:
        raise IntegrityError(f"bundle {path.name} cannot be opened as a folder: {error.strerror}") from error
    try:
        names = sorted(os.listdir(folder))
        limits = {name: size_limit(name) for name in names}  # refuses every name outside the allow-list
        for name in (MANIFEST, SIGNATURE):
            if name not in limits:
                raise IntegrityError(f"bundle {path.name} has no {name}")
        return {name: _read_file(folder, name, limit) for name, limit in limits.items()}
    finally:
        os.close(folder)


def _read_file(folder: int, name: str, limit: int) -> bytes:
    try:
        # O_NONBLOCK: a named pipe must not hold us before we can see that it is one
        fd = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
    except OSError as error:
        what = "is a symbolic link" if error.errno == errno.ELOOP else f"cannot be opened: {error.strerror}"
        raise IntegrityError(f"bundle file {name} {what}") from error
    try:
        status = os.fstat(fd)
        if not stat.S_ISREG(status.st_mode):
            raise IntegrityError(f"bundle file {name} is not a plain file")
        if status.st_nlink != 1:
            raise IntegrityError(f"bundle file {name} has a second (hard) link")
        if status.st_size > limit:
            raise IntegrityError(f"bundle file {name} has {status.st_size} bytes; allowed are {limit}")
        with os.fdopen(fd, "rb", closefd=False) as file:
            data = file.read(limit + 1)
    finally:
        os.close(fd)
    if len(data) > limit:
        raise IntegrityError(f"bundle file {name} grew beyond {limit} bytes while it was read")
    return data
