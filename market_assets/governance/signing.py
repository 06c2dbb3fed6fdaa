"""Ed25519 signatures over raw bytes, and the key files behind them."""

from __future__ import annotations

import os
import re
import stat
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from market_assets.core.errors import IntegrityError
from market_assets.core.identity import sha256_hex

ALGORITHM = "ed25519"
_SIGNATURE = re.compile(r"[0-9a-f]{128}")
_PEM = serialization.Encoding.PEM


@dataclass(frozen=True)
class SigningKey:
    """A private key and its identity; the private part never shows in ``repr``."""

    private: Ed25519PrivateKey

    @property
    def public(self) -> Ed25519PublicKey:
        """The public half."""
        return self.private.public_key()

    @property
    def key_id(self) -> str:
        """First 16 hex characters of the sha256 of the raw public key."""
        return key_id(self.public)

    def sign(self, data: bytes) -> str:
        """Sign raw bytes; returns 128 lower-case hex characters."""
        return self.private.sign(data).hex()

    def __repr__(self) -> str:
        return f"SigningKey({self.key_id})"


def key_id(public: Ed25519PublicKey) -> str:
    """Identity of a public key, computed from the key, never taken from the signer's word."""
    return sha256_hex(public.public_bytes_raw())[:16]


def verify_signature(public: Ed25519PublicKey, data: bytes, signature: str) -> None:
    """Check a signature over raw bytes.

    Raises
    ------
    IntegrityError
        when the text is not 128 lower-case hex characters or the signature does not hold.
    """
    if not isinstance(signature, str) or not _SIGNATURE.fullmatch(signature):
        raise IntegrityError("the signature is not 128 lower-case hex characters")
    try:
        public.verify(bytes.fromhex(signature), data)
    except InvalidSignature as error:
        raise IntegrityError(f"the signature does not hold under key {key_id(public)}") from error


def key_ring(keys: Iterable[Ed25519PublicKey]) -> dict[str, Ed25519PublicKey]:
    """Index trusted public keys by their identity."""
    return {key_id(key): key for key in keys}


def load_or_create_key(path: Path) -> SigningKey:
    """Read the signing key, or make one (mode 0600) and its public half beside it on first use.

    Raises
    ------
    IntegrityError
        when the key file is not a plain file of its owner alone, or holds no Ed25519 private key.
    """
    path = Path(path)
    if not path.exists() and not path.is_symlink():
        _create(path)
    key = _load_private(path)
    public = public_key_path(path)
    if not public.exists():
        export_public_key(key.public, public)
    return key


def public_key_path(path: Path) -> Path:
    """Where :func:`load_or_create_key` writes the public half of the key at ``path``."""
    return path.with_name(path.name + ".pub")


def export_public_key(public: Ed25519PublicKey, path: Path) -> None:
    """Write a public key as PEM, in one step."""
    data = public.public_bytes(_PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    temporary = _write_temporary(path.parent, data, 0o644)
    os.replace(temporary, path)


def load_public_key(path: Path) -> Ed25519PublicKey:
    """Read a PEM public key; anything else raises IntegrityError."""
    try:
        key = serialization.load_pem_public_key(path.read_bytes())
    except ValueError as error:
        raise IntegrityError(f"{path.name} holds no public key: {error}") from error
    if not isinstance(key, Ed25519PublicKey):
        raise IntegrityError(f"{path.name} is not an Ed25519 public key")
    return key


def _create(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    data = Ed25519PrivateKey.generate().private_bytes(
        _PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    temporary = _write_temporary(path.parent, data, 0o600)
    try:
        os.link(temporary, path)  # refuses to replace: of two processes that start together, one key wins
    except FileExistsError:
        return
    finally:
        os.unlink(temporary)


def _write_temporary(folder: Path, data: bytes, mode: int) -> str:
    fd, temporary = tempfile.mkstemp(prefix=".key-", dir=folder)
    with os.fdopen(fd, "wb") as file:
        os.fchmod(fd, mode)
        file.write(data)
        file.flush()
        os.fsync(fd)
    return temporary


def _load_private(path: Path) -> SigningKey:
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise IntegrityError(f"signing key {path.name} cannot be opened: {error.strerror}") from error
    try:
        status = os.fstat(fd)
        if not stat.S_ISREG(status.st_mode):
            raise IntegrityError(f"signing key {path.name} is not a plain file")
        if status.st_mode & 0o077:
            raise IntegrityError(f"signing key {path.name} is open to others; set its mode to 0600")
        data = os.read(fd, 65_536)
    finally:
        os.close(fd)
    try:
        key = serialization.load_pem_private_key(data, password=None)
    except (ValueError, TypeError) as error:
        raise IntegrityError(f"{path.name} holds no usable private key") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise IntegrityError(f"{path.name} is not an Ed25519 private key")
    return SigningKey(key)
