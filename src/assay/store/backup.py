"""A copy of an embedded hub while it runs: the database at one moment, then every content, in one tar file."""

from __future__ import annotations

import io
import os
import re
import sqlite3
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

from assay.artifact.blob import FileBlob, sha256_of
from assay.errors import CorruptError, StoreError, UsageError

__all__ = ["back_up", "restore"]

_DATABASE = "assay.db"
_SMALL = ("key.pem", "secret")
_BLOB = re.compile(r"blobs/[0-9a-f]{2}/[0-9a-f]{2}/([0-9a-f]{64})(\.tree)?")
_NO_MORE = "assay backup 1\n"
_END = "complete"


def back_up(folder: Path, target: Path, *, on_file: Callable[[str], None] | None = None) -> int:
    """Write the hub in `folder` to the tar file `target`, which must not be there yet; return the bytes written.

    The hub may run meanwhile: contents never change, and those that the copied database names are there before it.

    Raises:
        UsageError: `folder` holds no embedded hub, or `target` exists.
        StoreError: something cannot be read or written.
    """
    if not (folder / _DATABASE).is_file():
        raise UsageError(
            f"{folder} holds no {_DATABASE}",
            hint="Name the hub's folder; back up PostgreSQL and S3 by their own means.",
        )
    draft = target.with_name(f".{target.name}.draft")
    try:
        if target.exists():
            raise UsageError(f"{target} exists", hint="Name a file that is not there yet.")
        with draft.open("xb") as file:
            with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as tar:
                for name, path in _files(folder):
                    if on_file is not None:
                        on_file(name)
                    tar.add(path, name, recursive=False, filter=_plain)
                end = tarfile.TarInfo(_END)
                end.size = len(_NO_MORE)
                tar.addfile(end, io.BytesIO(_NO_MORE.encode()))
            file.flush()
            os.fsync(file.fileno())
            size = file.tell()
        draft.rename(target)
    except (OSError, sqlite3.Error) as error:
        raise StoreError(f"cannot write the backup {target}: {error}") from error
    finally:
        draft.unlink(missing_ok=True)
    return size


def restore(source: Path, folder: Path, *, on_file: Callable[[str], None] | None = None) -> int:
    """Write the hub that `source` holds into `folder`, which must be empty or absent; return how many files it has.

    Raises:
        UsageError: `folder` is not empty, or `source` cannot be opened.
        CorruptError: the backup is cut short, holds other files than a backup does, or content that is not what its
            name says; nothing is left in `folder`.
        StoreError: something cannot be written.
    """
    if folder.exists() and any(folder.iterdir()):
        raise UsageError(f"{folder} is not empty", hint="Restore into a folder that is not there yet.")
    draft = folder.with_name(f".{folder.name}.restoring")
    try:
        draft.mkdir(mode=0o700, parents=True)
        count = _unpack(source, draft, on_file)
        if folder.exists():
            folder.rmdir()
        draft.rename(folder)
    except FileExistsError as error:
        raise UsageError(f"{draft} is in the way", hint="Remove it: a restore was cut off there.") from error
    except (OSError, tarfile.TarError) as error:
        _remove(draft)
        raise CorruptError(f"cannot restore {source}: {error}") from error
    except CorruptError:
        _remove(draft)
        raise
    return count


def _files(folder: Path) -> Iterator[tuple[str, Path]]:
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        copy = Path(scratch) / _DATABASE
        with closing(sqlite3.connect(folder / _DATABASE)) as here, closing(sqlite3.connect(copy)) as there:
            here.backup(there)
        yield _DATABASE, copy
        yield from ((name, folder / name) for name in _SMALL if (folder / name).is_file())
        for path in sorted((folder / "blobs").glob("??/??/*")):
            name = path.relative_to(folder).as_posix()
            if _BLOB.fullmatch(name):
                yield name, path


def _plain(info: tarfile.TarInfo) -> tarfile.TarInfo:
    info.uid = info.gid = 0
    info.uname = info.gname = ""
    return info


def _unpack(source: Path, folder: Path, on_file: Callable[[str], None] | None) -> int:
    names = set()
    with tarfile.open(source, "r:") as tar:
        for member in tar:
            names.add(member.name)
            if member.name == _END:
                break
            if on_file is not None:
                on_file(member.name)
            _write(tar, member, folder)
    if not {_END, _DATABASE} <= names:
        raise CorruptError(f"{source} is cut short: it does not say that it is complete", hint="Use another backup.")
    return len(names) - 1


def _write(tar: tarfile.TarFile, member: tarfile.TarInfo, folder: Path) -> None:
    blob = _BLOB.fullmatch(member.name)
    if not member.isreg() or not (blob or member.name == _DATABASE or member.name in _SMALL):
        raise CorruptError(f"the backup holds {member.name[:200]!r}, which no backup does")
    path = folder / member.name
    path.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
    data = tar.extractfile(member)
    assert data is not None
    with path.open("xb") as file:
        path.chmod(0o640 if blob else 0o600)
        while piece := data.read(1024 * 1024):
            file.write(piece)
        file.flush()
        os.fsync(file.fileno())
    if blob and blob[2] is None:
        with path.open("rb") as file:
            digest = sha256_of(FileBlob(file.fileno(), member.size), member.name)
        if digest != blob[1]:
            raise CorruptError(f"the backup's {member.name} has the digest {digest}", hint="Use another backup.")


def _remove(folder: Path) -> None:
    """Remove what a restore that failed wrote: files by the names that it may write only."""
    for path in sorted(folder.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    folder.rmdir()
