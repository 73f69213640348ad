"""What a process gives up before it reads what others wrote: network, new processes, writing, other people's files.

Linux only, without privileges: a seccomp filter (kernel 3.17 and up) refuses the system calls, Landlock (5.13 and
up) refuses to open files outside the folders named. Elsewhere `enter` says that nothing is isolated.
Sources: seccomp(2), landlock(7), linux/filter.h.
"""

from __future__ import annotations

import ctypes
import os
import struct
import sys
from collections.abc import Iterable
from pathlib import Path

__all__ = ["enter", "limit_resources"]

_PR_SET_NO_NEW_PRIVS = 38
_PR_SET_SECCOMP = 22
_SECCOMP_MODE_FILTER = 2
_ALLOW = 0x7FFF0000
_KILL = 0x80000000
_ERRNO = 0x00050000
_EPERM = 1
_ENOSYS = 38
_LOAD, _JUMP_EQUAL, _JUMP_SET, _JUMP_AT_LEAST, _RETURN = 0x20, 0x15, 0x45, 0x35, 0x06
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_CLONE_VM = 0x100

_ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_OPENAT = {"x86_64": 257, "aarch64": 56}
_OPEN = {"x86_64": 2}
_CLONE = {"x86_64": 56, "aarch64": 220}
_CLONE3 = 435
_REFUSED = {
    # sockets; fork, vfork, exec; kill; truncate, rename, mkdir, rmdir, creat, link, unlink, symlink, chmod, chown;
    # ptrace; mknod; mount; keys; the *at forms of the same; unshare, setns; reading other processes' memory; bpf;
    # userfaultfd; perf; io_uring; pidfd_open; openat2 (its flags lie behind a pointer, so it cannot be judged)
    "x86_64": (
        41, 42, 43, 44, 46, 49, 50, 53, 288, 307, 57, 58, 59, 62, 76, 77, 82, 83, 84, 85, 86, 87, 88, 90, 91, 92, 93,
        94, 101, 133, 165, 166, 248, 249, 250, 258, 259, 260, 263, 264, 265, 266, 268, 272, 280, 285, 298, 304, 308,
        310, 311, 316, 321, 322, 323, 425, 434, 437, 452,
    ),
    "aarch64": (
        198, 199, 200, 201, 202, 203, 206, 211, 242, 269, 221, 129, 45, 46, 33, 34, 35, 36, 37, 38, 39, 40, 47, 52, 53,
        54, 55, 88, 97, 117, 217, 218, 219, 241, 265, 268, 270, 271, 276, 280, 281, 282, 425, 434, 437, 452,
    ),
}  # fmt: skip

_LANDLOCK_CREATE, _LANDLOCK_ADD, _LANDLOCK_RESTRICT = 444, 445, 446
_ALL_ACCESS_V1 = (1 << 13) - 1
_READ_FILE, _READ_DIR = 1 << 2, 1 << 3

_LAST_WORDS = 64 * 1024
"""Bytes that may go to the file behind stderr; no other is open for writing."""


def limit_resources(*, memory: int, cpu_seconds: int) -> None:
    """Bound this process: `memory` in bytes of address space, seconds of CPU, no core dump, last words on stderr."""
    if sys.platform == "win32":
        return
    import resource  # noqa: PLC0415  # not on every platform

    for what, limit in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, cpu_seconds),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, _LAST_WORDS),
    ):
        _, hard = resource.getrlimit(what)
        bound = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
        resource.setrlimit(what, (bound, bound))


def enter(readable: Iterable[Path]) -> str:
    """Give up everything that reading does not need; only files under `readable` can still be opened.

    Returns:
        `isolated`, `isolated (any file readable)` where the kernel has no Landlock, or `not isolated`.
    """
    machine = os.uname().machine if sys.platform == "linux" else ""
    if machine not in _ARCHITECTURES:
        return "not isolated"
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        return "not isolated"
    confined = _restrict_files(libc, readable)
    if not _refuse_calls(libc, machine):
        return "not isolated"
    return "isolated" if confined else "isolated (any file readable)"


def _restrict_files(libc: ctypes.CDLL, readable: Iterable[Path]) -> bool:
    handled = struct.pack("=Q", _ALL_ACCESS_V1)
    ruleset = libc.syscall(_LANDLOCK_CREATE, handled, len(handled), 0)
    if ruleset < 0:
        return False
    try:
        for path in readable:
            try:
                fd = os.open(path, os.O_PATH | os.O_CLOEXEC)
            except OSError:
                continue  # what cannot be opened need not be allowed
            access = _READ_FILE | (_READ_DIR if path.is_dir() else 0)
            rule = struct.pack("=Qi", access, fd)
            libc.syscall(_LANDLOCK_ADD, ruleset, 1, rule, 0)
            os.close(fd)
        return bool(libc.syscall(_LANDLOCK_RESTRICT, ruleset, 0) == 0)
    finally:
        os.close(ruleset)


def _refuse_calls(libc: ctypes.CDLL, machine: str) -> bool:
    program = _program(machine)
    code = b"".join(struct.pack("=HBBI", *step) for step in program)
    buffer = ctypes.create_string_buffer(code, len(code))
    filter_ = struct.pack("@HP", len(program), ctypes.addressof(buffer))
    return bool(libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, filter_, 0, 0) == 0)


def _program(machine: str) -> list[tuple[int, int, int, int]]:
    """Return the filter as steps (code, jump if true, jump if false, operand) over struct seccomp_data."""
    number, architecture, first_argument = 0, 4, 16
    steps = [
        (_LOAD, 0, 0, architecture),
        (_JUMP_EQUAL, 1, 0, _ARCHITECTURES[machine]),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, number),
        (_JUMP_AT_LEAST, 0, 1, 0x40000000),  # the x32 calls have other numbers
        (_RETURN, 0, 0, _ERRNO | _EPERM),
        (_JUMP_EQUAL, 0, 1, _CLONE3),  # its flags lie behind a pointer; libc then falls back to clone
        (_RETURN, 0, 0, _ERRNO | _ENOSYS),
    ]
    for refused in _REFUSED[machine]:
        steps += [(_JUMP_EQUAL, 0, 1, refused), (_RETURN, 0, 0, _ERRNO | _EPERM)]
    steps += [
        (_JUMP_EQUAL, 0, 4, _CLONE[machine]),  # a thread shares memory, a process does not
        (_LOAD, 0, 0, first_argument),
        (_JUMP_SET, 1, 0, _CLONE_VM),
        (_RETURN, 0, 0, _ERRNO | _EPERM),
        (_RETURN, 0, 0, _ALLOW),
    ]
    for call, flags in ((_OPENAT[machine], 2), (_OPEN.get(machine), 1)):
        if call is not None:
            steps += [
                (_JUMP_EQUAL, 0, 4, call),
                (_LOAD, 0, 0, first_argument + 8 * flags),
                (_JUMP_SET, 0, 1, _WRITING),
                (_RETURN, 0, 0, _ERRNO | _EPERM),
                (_RETURN, 0, 0, _ALLOW),
            ]
    return [*steps, (_RETURN, 0, 0, _ALLOW)]
