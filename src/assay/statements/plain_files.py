"""Plain files without surprises: read only when regular, made only when new, on disk before anything relies on them."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

__all__ = ["new_file", "regular_file", "sync_folder"]


@contextmanager
def regular_file(path: Path, *, follow: bool = True) -> Iterator[BinaryIO]:
    """Open a file for reading; with `follow` false, not through a symbolic link.

    Raises:
        OSError: it cannot be opened, or is a folder, a pipe or a device.
    """
    fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | (0 if follow else os.O_NOFOLLOW))
    try:
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            raise OSError(errno.EINVAL, "it is no regular file")
        with open(fd, "rb", closefd=False) as file:
            yield file
    finally:
        os.close(fd)


@contextmanager
def new_file(path: Path, mode: int = 0o666) -> Iterator[BinaryIO]:
    """Open a file that did not exist for writing; it is on disk when the context is left.

    Raises:
        FileExistsError: something is there, a link included.
        OSError: it cannot be made or written.
    """
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, mode)
    with open(fd, "wb") as file:  # noqa: PTH123 (a descriptor)
        yield file
        file.flush()
        os.fsync(fd)


def sync_folder(path: Path) -> None:
    """Put the names in a folder on disk.

    Raises:
        OSError: it cannot be opened or written.
    """
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
