"""Keys that sign (EC P-256), named by the SHA-256 of their public half and kept in a file that only its owner reads."""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from assay.canonical import sha256_hex
from assay.errors import StatementError
from assay.statements.plain_files import new_file, regular_file, sync_folder

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric import ec

# `cryptography` takes longer to import than a small folder takes to judge, so only signing and verifying pay for it.

__all__ = ["PrivateKey", "PublicKey", "default_key_path", "load_key", "load_or_create_key"]

_MAX_PEM = 16 * 1024


class PublicKey:
    """The public half of a key, as PEM SubjectPublicKeyInfo."""

    def __init__(self, pem: bytes) -> None:
        """Read `pem`.

        Raises:
            StatementError: it is no EC P-256 public key, or written in any but the usual form.
        """
        self.pem = pem
        self._key = _public_key(pem)

    @cached_property
    def keyid(self) -> str:
        """SHA-256 of the PEM bytes in lower-case hex, so `sha256sum key.pem` prints it."""
        return sha256_hex(self.pem)

    def holds(self, signature: bytes, data: bytes) -> bool:
        """Whether `signature` (ASN.1 DER) over `data` was made by this key."""
        from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 (heavy)
        from cryptography.hazmat.primitives import hashes  # noqa: PLC0415
        from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415

        try:
            self._key.verify(signature, data, ec.ECDSA(hashes.SHA256()))
        except InvalidSignature:
            return False
        return True

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PublicKey) and other.pem == self.pem

    def __hash__(self) -> int:
        return hash(self.pem)

    def __repr__(self) -> str:
        return f"PublicKey({self.keyid})"


class PrivateKey:
    """A key that can sign. Its secret never appears in `repr`, errors or logs."""

    def __init__(self, key: ec.EllipticCurvePrivateKey) -> None:
        self._key = key

    @classmethod
    def generate(cls) -> PrivateKey:
        """Make a new key."""
        from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415 (heavy)

        return cls(ec.generate_private_key(ec.SECP256R1()))

    @cached_property
    def public(self) -> PublicKey:
        """The public half."""
        from cryptography.hazmat.primitives import serialization as form  # noqa: PLC0415 (heavy)

        return PublicKey(self._key.public_key().public_bytes(form.Encoding.PEM, form.PublicFormat.SubjectPublicKeyInfo))

    def sign(self, data: bytes) -> bytes:
        """Return the signature over `data` (ECDSA, ASN.1 DER); the same each time where the library can (RFC 6979)."""
        from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415 (heavy)
        from cryptography.hazmat.primitives import hashes  # noqa: PLC0415
        from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415

        try:
            algorithm = ec.ECDSA(hashes.SHA256(), deterministic_signing=True)
        except UnsupportedAlgorithm:
            algorithm = ec.ECDSA(hashes.SHA256())
        return self._key.sign(data, algorithm)

    def to_pem(self) -> bytes:
        """Return the secret as unencrypted PEM PKCS #8, for the key file only."""
        from cryptography.hazmat.primitives import serialization as form  # noqa: PLC0415 (heavy)

        return self._key.private_bytes(form.Encoding.PEM, form.PrivateFormat.PKCS8, form.NoEncryption())

    def __repr__(self) -> str:
        return f"PrivateKey({self.public.keyid})"


def default_key_path(environ: Mapping[str, str] = os.environ) -> Path:
    """Return where the key lies: `$ASSAY_KEY`, or `assay/key.pem` in the user's configuration folder."""
    if environ.get("ASSAY_KEY"):
        return Path(environ["ASSAY_KEY"])
    configured = environ.get("XDG_CONFIG_HOME", "")
    # Relative values are to be ignored (source: XDG Base Directory Specification 0.8).
    base = Path(configured) if configured.startswith("/") else Path.home() / ".config"
    return base / "assay" / "key.pem"


def load_or_create_key(path: Path) -> PrivateKey:
    """Return the key in the file at `path`, made there when there is none; an existing file is never written to.

    Raises:
        StatementError: the file cannot be made or read, is open to others, or holds no EC P-256 key.
    """
    if not os.path.lexists(path):
        try:
            _create(path)
        except FileExistsError:  # someone else was first; theirs is the key
            pass
        except OSError as error:
            raise StatementError(
                f"cannot make the key {path}: {error.strerror}", hint="Name another place in ASSAY_KEY."
            ) from error
    return load_key(path)


def load_key(path: Path) -> PrivateKey:
    """Return the key in the file at `path`.

    Raises:
        StatementError: the file cannot be read, is open to others, or holds no EC P-256 key.
    """
    try:
        with regular_file(path) as file:
            status, pem = os.fstat(file.fileno()), file.read(_MAX_PEM)
    except OSError as error:
        raise StatementError(
            f"cannot read the key {path}: {error.strerror}", hint="Check the path and its permissions."
        ) from error
    if status.st_mode & 0o077 or status.st_uid not in (os.geteuid(), 0):
        raise StatementError(
            f"the key {path} is open to others (mode {stat.S_IMODE(status.st_mode):o}, owner {status.st_uid})",
            hint=f"If nobody else can have read it: chmod 600 {path}. Else make a new key.",
        )
    return _private_key(pem, path)


def _create(path: Path) -> None:
    """Make the file whole under another name first, so that no one ever reads half a key."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}.tmp")
    try:
        with new_file(draft, mode=0o600) as file:
            file.write(PrivateKey.generate().to_pem())
        os.link(draft, path)  # unlike a rename, fails where something is
    finally:
        draft.unlink(missing_ok=True)
    sync_folder(path.parent)


def _private_key(pem: bytes, path: Path) -> PrivateKey:
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415 (heavy)
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415

    try:
        key = serialization.load_pem_private_key(pem, password=None)
    except TypeError:
        raise StatementError(
            f"the key {path} is locked by a password", hint="Use a key without one, in a file of mode 600."
        ) from None
    except (ValueError, UnsupportedAlgorithm):
        raise StatementError(f"{path} holds no private key in PEM form") from None
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise StatementError(f"{path} holds a key of another kind", hint="Keys are EC P-256.")
    return PrivateKey(key)


def _public_key(pem: bytes) -> ec.EllipticCurvePublicKey:
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415 (heavy)
    from cryptography.hazmat.primitives import serialization as form  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415

    try:
        key = form.load_pem_public_key(pem[:_MAX_PEM])
    except (ValueError, UnsupportedAlgorithm):
        raise StatementError("this is no public key in PEM form") from None
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise StatementError("this is a public key of another kind", hint="Keys are EC P-256.")
    if key.public_bytes(form.Encoding.PEM, form.PublicFormat.SubjectPublicKeyInfo) != pem:
        raise StatementError(
            "this public key is not in the form that is hashed", hint="See docs/reference/statements.md."
        )
    return key
