"""Files on this machine: a folder, a single file, or a snapshot in a Hugging Face cache."""

from __future__ import annotations

import errno
import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from assay.artifact.blob import Blob, FileBlob
from assay.artifact.identity import check_paths, normal_path
from assay.artifact.sources import Entry
from assay.errors import ChangedError, PathError

__all__ = ["LocalSource", "open_local"]

LEFT_OUT = (".git", ".cache/huggingface", ".assay")
"""Folders at the top that are no part of the artifact: the repository, the client's book-keeping, the evidence."""

MAX_FILES = 200_000

_HINTS: dict[int | None, str] = {
    errno.EACCES: "Check the permissions.",
    errno.EPERM: "Check the permissions.",
    errno.ELOOP: "Remove the circle of symbolic links.",
    errno.ENAMETOOLONG: "Move it to a shorter path.",
}


class LocalSource:
    """A folder or a single file; symbolic links are followed only from a cache snapshot into its own `blobs/`."""

    def __init__(self, root: Path, *, kind: str, name: str, git_commit: str | None, blobs: Path | None) -> None:
        self.root = root
        self.kind = kind
        self.name = name
        self.git_commit = git_commit
        self.whole = True
        self.blobs = blobs
        self._real: dict[str, Path] = {}

    def entries(self) -> list[Entry]:
        """Return every file, sorted by the bytes of its path.

        Raises:
            PathError: a name cannot be carried, a link leaves the artifact, or something is no regular file.
        """
        if self.kind == "file":
            found = [self._entry(normal_path(self.root.name), self.root)]
        else:
            found = [self._entry(path, real) for path, real in self._walk(self.root, "")]
        check_paths(entry.path for entry in found)
        return sorted(found, key=lambda entry: entry.path.encode())

    @contextmanager
    def open(self, entry: Entry) -> Iterator[Blob]:
        """Open one file; on leaving, check that neither its length nor its times moved.

        Raises:
            PathError: it cannot be opened.
            ChangedError: it changed while it was read.
        """
        real = self._real[entry.path]
        try:
            fd = os.open(real, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
        except OSError as error:
            raise _cannot("open", entry.path, error) from error
        try:
            before = os.fstat(fd)
            if not stat.S_ISREG(before.st_mode) or before.st_size != entry.size:
                raise ChangedError(f"{entry.path} changed after it was listed")
            yield FileBlob(fd, entry.size)
            after = os.fstat(fd)
            if (before.st_size, before.st_mtime_ns, before.st_ctime_ns) != (
                after.st_size,
                after.st_mtime_ns,
                after.st_ctime_ns,
            ):
                raise ChangedError(f"{entry.path} changed while it was read")
        except OSError as error:
            raise _cannot("read", entry.path, error) from error
        finally:
            os.close(fd)

    def _walk(self, folder: Path, prefix: str) -> Iterator[tuple[str, Path]]:
        stack = [(folder, prefix)]
        while stack:
            folder, prefix = stack.pop()
            try:
                children = sorted(os.scandir(folder), key=lambda child: os.fsencode(child.name))
            except OSError as error:
                raise _cannot("list", prefix or str(folder), error) from error
            for child in children:
                path = f"{prefix}{child.name}"
                if child.is_symlink():
                    yield normal_path(path), self._follow(path, Path(child.path))
                elif path in LEFT_OUT:
                    continue
                elif child.is_dir(follow_symlinks=False):
                    stack.append((Path(child.path), f"{path}/"))
                else:
                    yield normal_path(path), Path(child.path)

    def _follow(self, path: str, link: Path) -> Path:
        try:
            target = link.resolve(strict=True)
        except (OSError, RuntimeError) as error:
            raise PathError(
                f"{path} is a symbolic link that leads nowhere or in a circle",
                hint="Remove the link, or download the file it stands for.",
            ) from error
        if self.blobs is None or target.parent != self.blobs or not target.is_file():
            raise PathError(
                f"{path} is a symbolic link to {target}, outside the artifact",
                hint="Replace the link by the file itself; links are followed only inside a Hugging Face cache.",
            )
        return target

    def _entry(self, path: str, real: Path) -> Entry:
        try:
            status = real.lstat()
        except OSError as error:
            raise _cannot("read", path, error) from error
        if not stat.S_ISREG(status.st_mode):
            raise PathError(f"{path} is no regular file", hint="Remove pipes, sockets and devices from the folder.")
        if len(self._real) >= MAX_FILES:
            raise PathError(f"more than {MAX_FILES:,} files", hint="Judge a smaller folder.")
        self._real[path] = real
        return Entry(path, status.st_size)


def open_local(path: Path) -> LocalSource:
    """Return the source at `path`; a cache folder `models--ORG--NAME` stands for the snapshot that `main` names.

    Raises:
        PathError: nothing is there, or it cannot be read.
    """
    try:
        root = path.resolve(strict=True)
        is_folder = root.is_dir()
    except FileNotFoundError:
        raise PathError(
            f"{path} does not exist", hint="Check the path; a repo on a hub is given by its address."
        ) from None
    except (OSError, RuntimeError) as error:
        raise _cannot("read", str(path), error) from error
    if not is_folder:
        return LocalSource(root, kind="file", name=root.name, git_commit=None, blobs=None)
    if re.fullmatch(r"(models|datasets|spaces)--.+", root.name) and (root / "snapshots").is_dir():
        root = _main_snapshot(root)
    repo = root.parent.parent
    if root.parent.name == "snapshots" and (repo / "blobs").is_dir():
        commit = root.name if re.fullmatch(r"[0-9a-f]{40}", root.name) else None
        name = repo.name.split("--", 1)[-1].replace("--", "/")
        return LocalSource(root, kind="snapshot", name=name, git_commit=commit, blobs=repo / "blobs")
    return LocalSource(root, kind="folder", name=root.name, git_commit=None, blobs=None)


def _main_snapshot(repo: Path) -> Path:
    try:
        commit = (repo / "refs" / "main").read_text("ascii").strip()
    except (OSError, ValueError) as error:
        raise PathError(
            f"{repo} is a cache folder without refs/main", hint="Name one of the folders in its snapshots/."
        ) from error
    root = repo / "snapshots" / commit
    if not re.fullmatch(r"[0-9a-f]{40}", commit) or not root.is_dir():
        raise PathError(f"{repo}/refs/main names {commit!r}, which is not there", hint="Download the revision again.")
    return root


def _cannot(do: str, path: str, error: OSError | RuntimeError) -> PathError:
    code = error.errno if isinstance(error, OSError) else errno.ELOOP  # what resolving a circle raises
    reason = os.strerror(code) if code else str(error)
    return PathError(f"cannot {do} {path}: {reason}", hint=_HINTS.get(code, ""))
