"""Which container, program or small model format bytes are in: by magic and the fields that must follow it."""

from __future__ import annotations

import re
import zlib

from assay.artifact.blob import Blob

__all__ = ["compression", "container_format", "is_tar", "program_kind", "second_format"]

_COMPRESSED = (
    (b"\x1f\x8b\x08", "gzip"),
    (b"\xfd7zXZ\0", "xz"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"\x04\x22\x4d\x18", "lz4"),
    (b"\x02\x21\x4c\x18", "lz4"),
    (b"\x1f\x9d", "compress"),
    (b"LZIP\x01", "lzip"),
    (b"Rar!\x1a\x07", "rar"),
    (b"MSCF\0\0\0\0", "cab"),
    (b"\xff\x06\0\0sNaPpY", "snappy"),
    (b"ZF0x", "joblib"),
    # A frame to be skipped, which parallel compressors put before the first (RFC 8878, 3.1.2).
    *((bytes([0x50 + kind]) + b"\x2a\x4d\x18", "zstd") for kind in range(16)),
)
_BZIP2 = re.compile(rb"BZh[1-9](?:1AY&SY|\x17rE8P\x90)")
_ZLIB = re.compile(rb"[\x08-\x78][\x01\x5e\x9c\xda]")
_RDS = re.compile(rb"RD[AXB][23]\n|X\n\0\0\0[\x02\x03]|A\n[23]\n-?[0-9]{1,10}\n-?[0-9]{1,10}\n|B\n[\x02\x03]\0\0\0")
_MODELS = (
    (b"CBM1", "catboost"),
    (b"tree\nversion=v", "lightgbm"),
    (b"tree\r\nversion=v", "lightgbm"),
    (b"binf", "xgboost"),
)
_UBJSON_LEARNER = re.compile(rb"\{(?:L\0{7}[\x07\x10]|l\0{3}[\x07\x10]|[iU][\x07\x10])(?:learner|version|Config)[\[{L]")
_MACH = frozenset({b"\xfe\xed\xfa\xce", b"\xfe\xed\xfa\xcf", b"\xce\xfa\xed\xfe", b"\xcf\xfa\xed\xfe"})
_FAT = frozenset({b"\xca\xfe\xba\xbe", b"\xca\xfe\xba\xbf"})
_ZIP_END = 22
_CHECKSUM = 4
_LARGEST_TRIAL = 1024 * 1024
_SURE = 64
"""Unpacked bytes after which a stream is taken for what its two first bytes say, though it may break off later."""
_LOW_BYTES = bytes(range(128))
_OLDEST_CLASS, _NEWEST_CLASS = 45, 100
_PYC = range(3000, 3800)
"""Magic numbers of compiled Python 3."""


def container_format(blob: Blob, head: bytes) -> str | None:
    """Return the format of `blob`, whose first bytes are `head`: a container, a program, a small model; else None."""
    if program_kind(blob, head) is not None:
        return "executable"
    if head.startswith(b"7z\xbc\xaf\x27\x1c"):
        return "sevenzip"
    if compression(head) is not None:
        return "compressed"
    if is_tar(head):
        return "tar"
    if _RDS.match(head):
        return "rds"
    if _UBJSON_LEARNER.match(head):
        return "xgboost"
    return next((format_ for magic, format_ in _MODELS if head.startswith(magic)), None)


def second_format(blob: Blob, first: str) -> str | None:
    """Return what `blob` also is beside `first`: `zip` where an archive ends it, `tar` where a header begins it."""
    if first != "zip" and blob.size > _ZIP_END and blob.read_at(blob.size - _ZIP_END, 4) == b"PK\x05\x06":
        return "zip"
    return "tar" if first != "tar" and is_tar(blob.read_at(0, 512)) else None


def compression(head: bytes) -> str | None:
    """Return how the stream that begins with `head` is compressed; None when it is no compressed stream."""
    for magic, method in _COMPRESSED:
        if head.startswith(magic):
            return method
    if _BZIP2.match(head):
        return "bzip2"
    if _is_zlib(head):
        return "zlib"
    return "lzma" if _is_lzma_alone(head) else None


def is_tar(head: bytes) -> bool:
    """Whether a tar header stands at the start: the checksum over its 512 bytes is what tells."""
    if len(head) < 512 or head[0] == 0:
        return False
    stated = head[148:156].strip(b" \0")
    if not stated or stated.translate(None, b"01234567"):
        return False
    plain = head[:148] + b" " * 8 + head[156:512]
    said, sum_ = int(stated, 8), sum(plain)
    # Some old programs took bytes for signed numbers.
    return said == sum_ or (not plain.isascii() and said == sum_ - 256 * len(plain.translate(None, _LOW_BYTES)))


def program_kind(blob: Blob, head: bytes) -> str | None:
    """Return what kind of machine or byte code starts here; None when it is none that is known."""
    magic = head[:4]
    if magic == b"\x7fELF":
        return "elf"
    if head.startswith((b"MZqFpD", b"jartsr='")):
        return "ape"
    if head.startswith(b"MZ") and _is_portable_executable(blob, head):
        return "pe"
    if magic in _MACH:
        return "mach-o"
    if magic in _FAT and len(head) >= 8:
        return _fat_or_class(head)
    if magic == b"\0asm" and head[4:8] in (b"\x01\0\0\0", b"\x0d\0\x01\0"):
        return "wasm"
    if head.startswith(b"dex\n0") and head[7:8] == b"\0":
        return "dex"
    if head.startswith(b"L\0\0\0\x01\x14\x02\0\0\0\0\0\xc0"):
        return "windows shortcut"
    if head[2:4] == b"\r\n" and int.from_bytes(head[:2], "little") in _PYC and head[16:17] in (b"\xe3", b"c"):
        return "python bytecode"
    return None


def _fat_or_class(head: bytes) -> str | None:
    number = int.from_bytes(head[4:8], "big")
    if head[3] == 0xBF or 0 < number < _OLDEST_CLASS - 5:
        return "mach-o"
    return "java class" if _OLDEST_CLASS <= number & 0xFFFF <= _NEWEST_CLASS else None


def _is_portable_executable(blob: Blob, head: bytes) -> bool:
    at = int.from_bytes(head[60:64], "little")
    return len(head) >= 64 and blob.read_at(at, 4) == b"PE\0\0"


def _is_zlib(head: bytes) -> bool:
    """Whether a zlib header starts a stream that inflates for as long as is at hand."""
    if not _ZLIB.match(head) or head[0] & 0x0F != 8 or (head[0] << 8 | head[1]) % 31 or len(head) < 8:
        return False
    stream = zlib.decompressobj()
    left, length = head, 0
    try:
        while left and length < _SURE and not stream.eof:
            length += len(stream.decompress(left, _SURE))
            left = stream.unconsumed_tail
    except zlib.error:
        # Whole but for a wrong checksum: loaders see the content before they see that.
        return _ends_before_checksum(head[2:])
    return stream.eof or length >= _SURE


def _ends_before_checksum(data: bytes) -> bool:
    stream = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        stream.decompress(data, _LARGEST_TRIAL)
    except zlib.error:
        return False
    return stream.eof and len(stream.unused_data) == _CHECKSUM


def _is_lzma_alone(head: bytes) -> bool:
    """Whether a header of the old LZMA format stands here: usual properties, a dictionary of a power of two, a size."""
    if len(head) < 14 or head[0] != 0x5D or head[13] != 0:
        return False
    dictionary = int.from_bytes(head[1:5], "little")
    size = int.from_bytes(head[5:13], "little")
    return dictionary.bit_count() <= 2 and dictionary >= 4096 and (size == 2**64 - 1 or size < 2**40)
