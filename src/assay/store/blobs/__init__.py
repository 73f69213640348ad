"""Bytes by their SHA-256, in a folder or an S3 bucket: kept durably, checked before any of them is handed out."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit

from assay.errors import UsageError
from assay.store.blobs.checked import CheckedBlob
from assay.store.blobs.local import LocalShelf
from assay.store.blobs.shelf import Draft, Listed, Shelf
from assay.store.blobs.store import BlobStore, BlobWriter, Stored
from assay.store.blobs.tree import PIECE

__all__ = [
    "PIECE",
    "BlobStore",
    "BlobWriter",
    "CheckedBlob",
    "Draft",
    "Listed",
    "LocalShelf",
    "Shelf",
    "Stored",
    "open_blobs",
]


def open_blobs(url: str | Path) -> BlobStore:
    """Return the store at a path, `file:///path` or `s3://bucket/prefix?endpoint=URL&region=NAME`.

    A folder that is not there is made. S3 takes its credentials from the environment (`AWS_ACCESS_KEY_ID` …).

    Raises:
        UsageError: the address is of no kind that is known here, or says too much or too little.
        MissingExtraError: S3 is asked for and `obstore` is not installed.
        StoreError: the folder cannot be made.
    """
    if isinstance(url, Path) or "://" not in url:
        if not str(url):
            raise UsageError("the address of the blobs is empty", hint="Write a path, file:///path or s3://bucket")
        return BlobStore(LocalShelf(Path(url)))
    parts = urlsplit(url)
    if parts.scheme == "file":
        if parts.netloc or not parts.path or parts.query or parts.fragment:
            raise UsageError("a file address has three slashes and a path", hint="Write file:///var/lib/assay/blobs")
        return BlobStore(LocalShelf(Path(unquote(parts.path))))
    if parts.scheme == "s3":
        from assay.store.blobs.s3 import S3Shelf  # noqa: PLC0415  # optional and heavy

        return BlobStore(S3Shelf.at(url))
    raise UsageError(f"blobs cannot be stored at {parts.scheme}://", hint="Use a path, file:///path or s3://bucket")
