"""The one form in which a bundle writes tar: each header, padding and end is derived from path and size alone."""

from __future__ import annotations

from assay.errors import BundleError

__all__ = ["BLOCK", "END", "framed", "framed_size", "header", "padding", "plain_size"]

BLOCK = 512
END = bytes(2 * BLOCK)

_LONGEST_NAME = 100
_TOO_LARGE = 8**11
"""Bytes from which a size does not fit the 11 octal digits of a plain header."""


def header(path: str, size: int) -> bytes:
    """Return the header blocks of a member of `size` bytes (source: POSIX.1-2017, pax, ustar and extended header).

    A path that is ASCII of at most 100 characters, with a size below 8 GiB, has one plain block; any other has an
    extended header with the records `path` and `size` before it.
    """
    if path.isascii() and len(path) <= _LONGEST_NAME and size < _TOO_LARGE:
        return _block(path.encode(), size, b"0")
    records = _record("path", path) + _record("size", str(size))
    extended = _block(b"pax", len(records), b"x") + records + padding(len(records))
    return extended + _block(b"member", size if size < _TOO_LARGE else 0, b"0")


def padding(size: int) -> bytes:
    """Return the zeros that follow contents of `size` bytes."""
    return bytes(-size % BLOCK)


def framed(path: str, data: bytes) -> bytes:
    """Return a whole member: header, contents and padding."""
    return header(path, len(data)) + data + padding(len(data))


def framed_size(path: str, size: int) -> int:
    """Return how many bytes a member with contents of `size` bytes takes."""
    return len(header(path, size)) + size + len(padding(size))


def plain_size(block: bytes, path: str) -> int:
    """Return the size in bytes that `block`, the plain header of `path`, states.

    Raises:
        BundleError: it is not exactly the header of such a member.
    """
    digits = block[124:135]
    size = int(digits, 8) if len(digits) == 11 and not digits.strip(b"01234567") else -1
    if size < 0 or header(path, size) != block:
        raise BundleError(f"{path}: its header is not as a bundle writes it")
    return size


def _block(name: bytes, size: int, kind: bytes) -> bytes:
    fields = (
        name.ljust(100, b"\0"),
        b"0000644\0",  # mode
        b"0000000\0",  # owner
        b"0000000\0",  # group
        b"%011o\0" % size,
        b"00000000000\0",  # time
        b" " * 8,  # checksum, counted as spaces
        kind,
        bytes(100),  # link
        b"ustar\x0000",
        bytes(64),  # names of owner and group
        b"0000000\0" * 2,  # device
        bytes(155 + 12),  # prefix and filler
    )
    block = b"".join(fields)
    return block[:148] + b"%06o\0 " % sum(block) + block[156:]


def _record(key: str, value: str) -> bytes:
    r"""Return one record, `<length> <key>=<value>\n`, whose length counts its own digits too."""
    rest = f" {key}={value}\n".encode()
    length = len(rest)
    while length != len(rest) + len(str(length)):
        length = len(rest) + len(str(length))
    return str(length).encode() + rest
