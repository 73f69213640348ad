"""Zip, tar and 7z containers, also ones that no ordinary tool would write."""

from __future__ import annotations

import gzip
import io
import struct
import tarfile
import zipfile
import zlib
from typing import NamedTuple

__all__ = ["Entry", "crooked_zip", "number", "seven_zip", "tar_of", "tar_with", "zip_of"]

_TIME = (1980, 1, 1, 0, 0, 0)


def zip_of(members: dict[str, bytes], *, compress: bool = False, prefix: str = "") -> bytes:
    """Return an ordinary zip of `members`, each under `prefix`."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED if compress else zipfile.ZIP_STORED) as archive:
        for name, data in members.items():
            member = zipfile.ZipInfo(prefix + name, _TIME)
            member.compress_type = zipfile.ZIP_DEFLATED if compress else zipfile.ZIP_STORED
            archive.writestr(member, data)
    return out.getvalue()


class Entry(NamedTuple):
    """One member of a crooked zip; what is None is what an honest writer would put."""

    name: str
    data: bytes
    local_name: str | None = None
    flags: int = 0
    local_flags: int | None = None
    crc: int | None = None
    method: int = 0
    size: int | None = None
    mode: int = 0
    listed: bool = True
    present: bool = True


def crooked_zip(*entries: Entry, comment: bytes = b"", before: bytes = b"") -> bytes:
    """Return a zip whose local headers and central directory say just what `entries` say."""
    body, directory, count = bytearray(before), bytearray(), 0
    for one in entries:
        packed = zlib.compressobj(9, zlib.DEFLATED, -15)
        data = packed.compress(one.data) + packed.flush() if one.method == 8 else one.data
        crc = zlib.crc32(one.data) if one.crc is None else one.crc
        size = len(one.data) if one.size is None else one.size
        local = (one.name if one.local_name is None else one.local_name).encode()
        flags = one.flags if one.local_flags is None else one.local_flags
        offset = len(body)
        if one.present:
            body += struct.pack("<4sHHHHHIIIHH", b"PK\3\4", 20, flags, one.method, 0, 33, crc, len(data), size,
                                len(local), 0) + local + data  # fmt: skip
        if one.listed:
            name = one.name.encode()
            directory += struct.pack("<4sHHHHHHIIIHHHHHII", b"PK\1\2", 0x314, 20, one.flags, one.method, 0, 33, crc,
                                     len(data), size, len(name), 0, 0, 0, 0, one.mode << 16, offset) + name  # fmt: skip
            count += 1
    end = struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, count, count, len(directory), len(body), len(comment)) + comment
    return bytes(body + directory + end)


def tar_with(*members: tuple[tarfile.TarInfo, bytes], mode: str = "w") -> bytes:
    """Return a tar of members as they are described; gzip carries no time, so that the bytes stay the same."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w" if mode == "w:gz" else mode) as archive:
        for info, data in members:
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return gzip.compress(out.getvalue(), mtime=0) if mode == "w:gz" else out.getvalue()


def tar_of(members: dict[str, bytes], *, mode: str = "w") -> bytes:
    """Return an ordinary tar of `members`, compressed where `mode` says so."""
    return tar_with(*((tarfile.TarInfo(name), data) for name, data in members.items()), mode=mode)


def number(value: int) -> bytes:
    """Return a 7z number: as many leading ones in the first byte as bytes follow."""
    for extra in range(9):
        if value < 1 << (7 * extra + 7) or extra == 8:
            first = (0xFF00 >> extra) & 0xFF | (value >> (8 * extra) if extra < 8 else 0)
            return bytes([first]) + (value & ((1 << (8 * extra)) - 1)).to_bytes(extra, "little")
    raise ValueError(value)


def seven_zip(members: dict[str, bytes]) -> bytes:
    """Return a 7z whose members are stored one after the other in one folder, with its header uncompressed."""
    data = b"".join(members.values())
    sizes = [len(one) for one in members.values()]
    names = b"".join(name.encode("utf-16-le") + b"\0\0" for name in members)
    count = number(len(members))
    digests = b"".join(struct.pack("<I", zlib.crc32(one)) for one in members.values())
    substreams = b"\x08" + (b"\x0d" + count if len(sizes) != 1 else b"")
    substreams += b"\x09" + b"".join(map(number, sizes[:-1])) if len(sizes) > 1 else b""
    substreams += b"\x0a\x01" + digests + b"\x00"
    header = (
        b"\x01\x04\x06" + number(0) + b"\x01\x09" + number(len(data)) + b"\x00"
        b"\x07\x0b\x01\x00\x01\x01\x00\x0c" + number(len(data)) + b"\x00" + substreams + b"\x00"
        b"\x05" + count + b"\x11" + number(len(names) + 1) + b"\x00" + names + b"\x00\x00"
    )
    start = struct.pack("<QQI", len(data), len(header), zlib.crc32(header))
    return b"7z\xbc\xaf\x27\x1c\x00\x04" + struct.pack("<I", zlib.crc32(start)) + start + data + header
