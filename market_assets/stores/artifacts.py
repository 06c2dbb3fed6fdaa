"""Content-addressed files: the name is the sha256 of the bytes."""

from __future__ import annotations

import os
import re
import secrets
from dataclasses import dataclass
from pathlib import Path

from market_assets.core.errors import BadInputError, IntegrityError
from market_assets.core.identity import sha256_hex
from market_assets.stores.database import unavailable

_DIGEST = re.compile(r"[0-9a-f]{64}")
_SUFFIX = re.compile(r"(\.[a-z0-9]{1,12}){0,2}")


@dataclass(frozen=True)
class ArtifactStore:
    """Files under ``root``, two levels deep; a file appears whole or not at all."""

    root: Path

    def put(self, data: bytes, suffix: str = "") -> str:
        """Store ``data`` and return its sha256; the same bytes are stored once, and a damaged copy is healed.

        Raises
        ------
        ServiceUnavailableError
            when the disk refuses, naming the path; no partial file stays visible.
        """
        if not _SUFFIX.fullmatch(suffix):
            raise BadInputError("artifact_suffix", f"{suffix!r} is not a file suffix such as .json or .tar.gz")
        digest = sha256_hex(data)
        folder = self.root / digest[:2]
        target = self._find(digest) or folder / (digest + suffix)
        if target.exists() and sha256_hex(target.read_bytes()) == digest:
            return digest  # a damaged file is written again
        partly = folder / f".{digest}.{secrets.token_hex(4)}.new"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            try:
                with partly.open("xb") as handle:
                    handle.write(data)
                    handle.flush()
                    os.fsync(handle.fileno())
                partly.rename(target)
            finally:
                partly.unlink(missing_ok=True)
            for place in (folder, self.root):
                _sync_folder(place)
        except OSError as error:
            raise unavailable(str(target), error) from error
        return digest

    def get(self, digest: str) -> bytes:
        """Return the bytes of ``digest``, checked.

        Raises
        ------
        IntegrityError
            when the file is missing or was changed.
        """
        path = self.path(digest)
        data = path.read_bytes()
        if sha256_hex(data) != digest:
            raise IntegrityError(f"artifact {path} does not match its name: changed or damaged; restore or rebuild it")
        return data

    def path(self, digest: str) -> Path:
        """Return the file of ``digest``.

        Raises
        ------
        BadInputError
            rule ``artifact_digest``: not 64 hex characters.
        IntegrityError
            when there is no such file.
        """
        if not isinstance(digest, str) or not _DIGEST.fullmatch(digest):
            raise BadInputError("artifact_digest", f"{digest!r} is not a sha256 in lower-case hex")
        path = self._find(digest)
        if path is None:
            raise IntegrityError(f"artifact {digest} is missing under {self.root}; restore or rebuild it")
        return path

    def _find(self, digest: str) -> Path | None:
        return next(iter(sorted((self.root / digest[:2]).glob(f"{digest}*"))), None)


def _sync_folder(folder: Path) -> None:
    """Make the new name itself survive a power cut."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
