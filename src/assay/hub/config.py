"""What a hub needs to know before it starts, read once."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from assay.errors import UsageError
from assay.statements.plain_files import new_file

__all__ = ["Config", "load_config"]

_SECRET = 32
_GB = 1000**3


@dataclass(frozen=True, slots=True)
class Config:
    """The settings of one hub."""

    folder: Path
    """Where the default database and content store, the secret and the signing key are."""
    database_url: str
    store_url: str
    public_url: str
    """How clients reach it, without a slash at the end."""
    secret: bytes = field(repr=False)
    """Signs addresses and access tokens; the same for every process of a hub."""
    host: str = "127.0.0.1"
    port: int = 8000
    workers: int = 1
    """Children that judge at the same time in this process; 0 leaves the work to others."""
    policy: str = "default"
    """What verdicts on pages go by: the name of a shipped policy, or a file."""
    require_isolation: bool = True
    quota: int | None = None
    """Bytes that the repos of one account may hold, where the account says nothing else; None is no limit."""
    part_size: int = 64 * 1000**2
    """Bytes of a part of an upload in parts."""
    parts_from: int = 5 * _GB
    """Bytes from which LFS uploads are sent in parts."""


def load_config(
    folder: Path,
    *,
    host: str = "127.0.0.1",
    port: int = 8000,
    public_url: str | None = None,
    must_exist: bool = False,
    environ: Mapping[str, str] = os.environ,
) -> Config:
    """Return the settings of the hub in `folder`, which is made if it is not there, unless it `must_exist`.

    `ASSAY_DATABASE_URL`, `ASSAY_STORE_URL`, `ASSAY_PUBLIC_URL`, `ASSAY_SECRET`, `ASSAY_WORKERS`, `ASSAY_POLICY`,
    `ASSAY_QUOTA` and `ASSAY_ISOLATION` stand in for what is not given.

    Raises:
        UsageError: a setting makes no sense, or the folder cannot be used.
    """
    folder = folder.absolute()
    if must_exist and not (folder / "secret").is_file():
        raise UsageError(f"there is no hub in {folder}", hint="Name the folder that was given to assay serve.")
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        secret = environ.get("ASSAY_SECRET", "").encode() or _kept_secret(folder / "secret")
    except OSError as error:
        raise UsageError(f"cannot use the folder {folder}: {error.strerror}") from error
    if len(secret) < _SECRET:
        raise UsageError("ASSAY_SECRET is too short", hint=f"Use at least {_SECRET} random characters.")
    url = public_url or environ.get("ASSAY_PUBLIC_URL") or f"http://{_bracketed(host)}:{port}"
    if not url.startswith(("http://", "https://")):
        raise UsageError(f"the public URL {url!r} is neither http:// nor https://")
    return Config(
        folder=folder,
        database_url=environ.get("ASSAY_DATABASE_URL") or f"sqlite:///{folder / 'assay.db'}",
        store_url=environ.get("ASSAY_STORE_URL") or str(folder / "blobs"),
        public_url=url.rstrip("/"),
        secret=secret,
        host=host,
        port=port,
        workers=_number("ASSAY_WORKERS", environ.get("ASSAY_WORKERS"), 1),
        policy=environ.get("ASSAY_POLICY") or "default",
        require_isolation=environ.get("ASSAY_ISOLATION", "required") != "optional",
        quota=_number("ASSAY_QUOTA", environ.get("ASSAY_QUOTA"), 0) or None,
    )


def _kept_secret(path: Path) -> bytes:
    """Return the secret in a file, which is made on first use and open to its owner only."""
    if not path.exists():
        with new_file(path, 0o600) as file:
            file.write(secrets.token_hex(_SECRET).encode())
    return path.read_bytes().strip()


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _number(name: str, given: str | None, default: int) -> int:
    text = (given or "").strip()
    if not text:
        return default
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise UsageError(f"{name} is {text[:40]!r}, not a whole number")
    return int(text)
