"""Blobs in a bucket of S3 or what speaks like it, under the same names as in a folder."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote, urlsplit

from assay.artifact.blob import Blob
from assay.errors import MissingExtraError, NoSpaceError, NotFoundError, StoreError, UsageError
from assay.store.blobs.shelf import NO_ROOM, Draft, Listed
from assay.store.blobs.tree import PIECE

try:
    import obstore
    from obstore.exceptions import BaseError
    from obstore.store import S3Store
except ModuleNotFoundError as error:
    raise MissingExtraError.of("obstore", "hub") from error

if TYPE_CHECKING:
    from obstore import Attributes

__all__ = ["S3Shelf"]

_PART = 8 * PIECE
_PARTS = 9_000  # S3 takes at most 10,000 parts of an upload
_UPLOADS = 2
"""Parts on their way at once; with the one being filled they bound the memory of an upload to 3 parts."""
_AHEAD = 8 * PIECE
"""Most bytes fetched by one request: a request for each piece would mostly wait."""
_BLOB = re.compile(r"([0-9a-f]{2})/([0-9a-f]{2})/(\1\2[0-9a-f]{60})(\.tree)?")
_INERT: Attributes = {"Content-Type": "application/octet-stream", "Content-Disposition": "attachment"}
"""So that a presigned address never shows a page."""


class S3Shelf:
    """A bucket, or a part of it below a prefix.

    A blob appears when its upload is completed, in place of the same bytes. When its digest was claimed at the start
    the parts go straight to its name and the upload is completed only if the digest holds. Otherwise they wait in a
    temporary file of this machine: a copy inside the bucket would be limited to 5 GB.
    """

    def __init__(self, store: S3Store) -> None:
        self._store = store

    @classmethod
    def at(cls, url: str) -> S3Shelf:
        """Return the shelf at `s3://bucket/prefix?endpoint=URL&region=NAME`; credentials come from the environment.

        Raises:
            UsageError: the address has no bucket, or holds anything else, such as a password.
        """
        parts = urlsplit(url)
        asked = dict(parse_qsl(parts.query, keep_blank_values=True))
        if not parts.netloc or "@" in parts.netloc or parts.fragment or asked.keys() - {"endpoint", "region"}:
            raise UsageError(
                "an S3 address is s3://bucket/prefix?endpoint=URL&region=NAME and nothing else",
                hint="Credentials come from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.",
            )
        endpoint = asked.get("endpoint", "")
        try:
            store = S3Store(
                parts.netloc,
                prefix=unquote(parts.path).strip("/") or None,
                config={**({"endpoint": endpoint} if endpoint else {}), "region": asked.get("region", "us-east-1")},
                client_options={"allow_http": endpoint.startswith("http://"), "timeout": timedelta(minutes=2)},
                retry_config={"max_retries": 4, "retry_timeout": timedelta(minutes=1)},
            )
        except BaseError as error:
            raise UsageError(f"cannot use the S3 address: {_first_line(error)}") from error
        return cls(store)

    def draft(self, sha256: str | None, size: int | None) -> Draft:
        """Begin an upload, or a temporary file when the name is not known yet."""
        return _Spool(self) if sha256 is None else self.upload(sha256, size)

    def upload(self, sha256: str, size: int | None) -> _Upload:
        """Begin an upload to the name of a blob."""
        return _Upload(self._store, _key(sha256), size)

    def size(self, sha256: str) -> int | None:
        """Ask for the length of the object."""
        try:
            with _told("look up", sha256):
                return obstore.head(self._store, _key(sha256))["size"]
        except NotFoundError:
            return None

    @contextmanager
    def open(self, sha256: str) -> Iterator[Blob]:
        """Ask for the object's length; what is read is fetched range by range."""
        size = self.size(sha256)
        if size is None:
            raise NotFoundError(f"there is no blob {sha256!r}")
        yield _Object(self._store, sha256, size)

    def tree(self, sha256: str) -> bytes | None:
        """Fetch the object beside it."""
        try:
            with _told("read", sha256):
                return bytes(obstore.get(self._store, _tree_key(sha256)).bytes())
        except NotFoundError:
            return None

    def put_tree(self, sha256: str, data: bytes) -> None:
        """Put the object beside it."""
        with _told("write", sha256):
            obstore.put(self._store, _tree_key(sha256), data, attributes=_INERT)

    def delete(self, sha256: str) -> None:
        """Remove both objects; S3 does not mind when they are not there."""
        with _told("remove", sha256):
            obstore.delete(self._store, [_key(sha256), _tree_key(sha256)])

    def list(self) -> Iterator[Listed]:
        """Page through the bucket."""
        return (item for item, is_tree in self._objects() if not is_tree)

    def clean(self, before: float) -> int:
        """Remove old trees without a blob; uploads that died are the bucket's to expire, and cannot be seen."""
        last, dead = "", []
        for item, is_tree in self._objects():  # a tree follows its blob
            if is_tree and item.sha256 != last and item.modified < before:
                dead.append(_tree_key(item.sha256))
            last = item.sha256
        if dead:
            with _told("remove", "trees without a blob"):
                obstore.delete(self._store, dead)
        return len(dead)

    def path(self, sha256: str) -> Path | None:  # noqa: ARG002  # a bucket has no files
        """Return None."""
        return None

    def presigned(self, sha256: str, seconds: int) -> str | None:
        """Sign an address with the credentials of this process."""
        with _told("sign", sha256):
            return obstore.sign(self._store, "GET", _key(sha256), timedelta(seconds=seconds))

    def _objects(self) -> Iterator[tuple[Listed, bool]]:
        with _told("list", "blobs"):
            for page in obstore.list(self._store):
                for found in page:
                    if match := _BLOB.fullmatch(found["path"]):
                        modified = found["last_modified"].timestamp()
                        yield Listed(match[3], found["size"], modified), match[4] is not None


class _Object:
    """An object read by ranges; who reads on where the last read ended is fetched twice as much each time."""

    def __init__(self, store: S3Store, sha256: str, size: int) -> None:
        self._store = store
        self._sha256 = sha256
        self.size = size
        self._start, self._fetched = -1, b""

    def read_at(self, offset: int, length: int) -> bytes:
        end = min(offset + length, self.size)
        if offset >= end:
            return b""
        if not self._start <= offset <= end <= self._start + len(self._fetched):
            goes_on = offset == self._start + len(self._fetched)
            ahead = min(2 * len(self._fetched), _AHEAD) if goes_on else 0
            self._fetched = self._fetch(offset, min(max(end, offset + ahead), self.size))
            self._start = offset
        return self._fetched[offset - self._start : end - self._start]

    def _fetch(self, start: int, end: int) -> bytes:
        with _told("read", self._sha256):
            return bytes(obstore.get_range(self._store, _key(self._sha256), start=start, end=end))


class _Upload:
    """An upload in parts; S3 shows nothing of it before it is completed."""

    def __init__(self, store: S3Store, key: str, size: int | None) -> None:
        part = max(_PART, -(-(size or 0) // _PARTS))
        self._key = key
        self._open = True
        with _told("write", key):
            self._file = obstore.open_writer(store, key, buffer_size=part, max_concurrency=_UPLOADS, attributes=_INERT)

    def write(self, data: bytes | memoryview) -> None:
        with _told("write", self._key):
            self._file.write(bytes(data))  # sent later, when the caller's buffer holds something else

    def publish(self, sha256: str) -> None:
        if _key(sha256) != self._key:
            raise StoreError(f"the upload of {self._key} cannot become the blob {sha256}")
        with _told("write", self._key):
            self._file.close()
        self._open = False

    def discard(self) -> None:
        if self._open:
            self._open = False
            dropped = StoreError("dropped")
            with suppress(BaseError, OSError):  # what cannot be aborted now is expired by the bucket
                self._file.__exit__(StoreError, dropped, None)


class _Spool:
    """A temporary file that becomes an upload when its digest is known."""

    def __init__(self, shelf: S3Shelf) -> None:
        self._shelf = shelf
        with _room():
            self._file = tempfile.TemporaryFile()  # noqa: SIM115  # closed by discard

    def write(self, data: bytes | memoryview) -> None:
        with _room():
            self._file.write(data)
            self._file.flush()  # a full disk is told here, before anything is sent

    def publish(self, sha256: str) -> None:
        with _room():
            size = self._file.tell()
            self._file.seek(0)
        upload = self._shelf.upload(sha256, size)
        try:
            while piece := self._read():
                upload.write(piece)
            upload.publish(sha256)
        finally:
            upload.discard()

    def discard(self) -> None:
        with suppress(OSError):  # a full disk refuses what was still buffered
            self._file.close()

    def _read(self) -> bytes:
        with _room():
            return self._file.read(PIECE)


@contextmanager
def _told(what: str, name: str) -> Iterator[None]:
    """Turn what the bucket says into what a person can use."""
    try:
        yield
    except FileNotFoundError as error:
        raise NotFoundError(f"cannot {what} {name}: the bucket has no such object, or is not there") from error
    except (BaseError, OSError) as error:
        hint = "Check that the endpoint answers and that the credentials may use the bucket."
        raise StoreError(f"cannot {what} {name} in the bucket: {_first_line(error)}", hint=hint) from error


@contextmanager
def _room() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        said = f"cannot use a temporary file in {tempfile.gettempdir()}: {error.strerror}"
        raise (NoSpaceError if error.errno in NO_ROOM else StoreError)(said) from error


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0][:300]


def _key(sha256: str) -> str:
    return f"{sha256[:2]}/{sha256[2:4]}/{sha256}"


def _tree_key(sha256: str) -> str:
    return f"{_key(sha256)}.tree"
