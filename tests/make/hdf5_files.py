"""HDF5 files put together by hand: superblocks of both styles, groups, links, attributes, external storage."""

from __future__ import annotations

import struct
from typing import NamedTuple

_NOWHERE = 2**64 - 1
_TEXT = 0x13


class Part(NamedTuple):
    """A message of an object header."""

    type: int
    data: bytes
    flags: int = 0


def hard(name: str, address: int) -> Part:
    return Part(6, b"\x01\x00" + bytes([len(name)]) + name.encode() + struct.pack("<Q", address))


def soft(name: str, target: str) -> Part:
    value = target.encode()
    return Part(6, b"\x01\x08\x01" + bytes([len(name)]) + name.encode() + struct.pack("<H", len(value)) + value)


def external(name: str, file: str, target: str = "/x") -> Part:
    return Part(6, external_link(name, file, target))


def external_link(name: str, file: str, target: str = "/x") -> bytes:
    value = b"\0" + file.encode() + b"\0" + target.encode() + b"\0"
    return b"\x01\x08\x40" + bytes([len(name)]) + name.encode() + struct.pack("<H", len(value)) + value


def attribute(name: str, value: bytes) -> Part:
    """Return an attribute that holds one text of fixed length."""
    return Part(12, attribute_data(name, value))


def attribute_data(name: str, value: bytes) -> bytes:
    label = name.encode() + b"\0"
    type_ = struct.pack("<BBBBI", _TEXT, 0, 0, 0, len(value))
    space = b"\x02\0\0\0"
    return struct.pack("<BBHHHB", 3, 0, len(label), len(type_), len(space), 0) + label + type_ + space + value


def header(*parts: Part) -> bytes:
    """Return an object header of the second version."""
    body = b"".join(struct.pack("<BHB", part.type, len(part.data), part.flags) + part.data for part in parts)
    return b"OHDR\x02\x02" + struct.pack("<I", len(body)) + body + bytes(4)


def header_1(*parts: Part) -> bytes:
    """Return an object header of the first version."""
    body = b""
    for part in parts:
        data = part.data + bytes(-len(part.data) % 8)
        body += struct.pack("<HHB3x", part.type, len(data), part.flags) + data
    return struct.pack("<BxHII4x", 1, len(parts), 1, len(body)) + body


class File:
    """A file that grows; the root group is given last."""

    def __init__(self, *, base: int = 0, old: bool = False) -> None:
        self.base = base
        self.old = old
        self.body = bytearray(96 if old else 48)

    def put(self, data: bytes) -> int:
        """Append `data` and return its address."""
        self.body += bytes(-len(self.body) % 8)
        self.body += data
        return len(self.body) - len(data)

    def names(self, *names: str) -> tuple[int, list[int]]:
        """Append a local heap of names; return its address and the places of the names."""
        data, places = bytearray(8), []
        for name in names:
            places.append(len(data))
            data += name.encode() + b"\0"
        at = self.put(bytes(data))
        return self.put(b"HEAP" + bytes(4) + struct.pack("<QQQ", len(data), _NOWHERE, at)), places

    def symbols(self, **addresses: int) -> Part:
        """Append a group of the old style and return the message that points to it."""
        heap, places = self.names(*addresses)
        entries = b"".join(
            struct.pack("<QQII16x", place, address, 0, 0)
            for place, address in zip(places, addresses.values(), strict=True)
        )
        leaf = self.put(b"SNOD\x01\0" + struct.pack("<H", len(addresses)) + entries)
        tree = self.put(b"TREE\0\0" + struct.pack("<HQQQQQ", 1, _NOWHERE, _NOWHERE, 0, leaf, 0))
        return Part(17, struct.pack("<QQ", tree, heap))

    def dense(self, records: list[bytes], *, links: bool) -> Part:
        """Append links or attributes in a fractal heap and return the message that points to it."""
        width = 7 if links else 8
        at = len(self.body) + -len(self.body) % 8
        block = bytearray(b"FHDB\0" + bytes(8 + 4))
        leaf = b"BTLF\0" + (b"\x05" if links else b"\x08")
        for record in records:
            identifier = (b"\0" + struct.pack("<IH", len(block), len(record))).ljust(width, b"\0")
            leaf += bytes(4) + identifier if links else identifier + bytes(9)
            block += record
        size = 1 << (len(block) - 1).bit_length()
        assert at == self.put(bytes(block.ljust(size, b"\0")))
        head = b"FRHP\0" + struct.pack("<HHBI", width, 0, 0, 4096) + bytes(10 * 8 + 2 * 8)
        head += struct.pack("<HQQHHQH", 4, size, max(size, 65536), 32, 1, at, 0) + bytes(4)
        heap = self.put(head)
        leaf_at = self.put(leaf + bytes(4))
        tree = b"BTHD\0" + (b"\x05" if links else b"\x08")
        tree += struct.pack("<IHHBBQHQ", 4096, 11 if links else 17, 0, 98, 40, leaf_at, len(records), len(records))
        tree_at = self.put(tree + bytes(4))
        return Part(2 if links else 21, b"\0\0" + struct.pack("<QQ", heap, tree_at))

    def text_dataset(self, value: bytes) -> int:
        """Append a dataset that holds one text and return its address."""
        at = self.put(value)
        type_ = Part(3, struct.pack("<BBBBI", _TEXT, 0, 0, 0, len(value)))
        layout = Part(8, b"\x03\x01" + struct.pack("<QQ", at, len(value)))
        return self.put(header(Part(1, b"\x02\0\0\0"), type_, layout))

    def stored_elsewhere(self, file: str) -> int:
        """Append a dataset whose bytes lie in `file` and return its address."""
        heap, places = self.names(file)
        files = Part(7, b"\x01\0\0\0" + struct.pack("<HHQQQQ", 1, 1, heap, places[0], 0, 100))
        space, type_ = (
            Part(1, b"\x02\x01\0\x01" + struct.pack("<Q", 100)),
            Part(3, struct.pack("<BBBBI4x", 16, 0, 0, 0, 1)),
        )
        return self.put(header(space, type_, Part(8, b"\x03\x01" + struct.pack("<QQ", _NOWHERE, 100)), files))

    def done(self, root: bytes) -> bytes:
        """Return the whole file with the object header of its root group."""
        at = self.put(root)
        end = self.base + len(self.body)
        if self.old:
            start = b"\x89HDF\r\n\x1a\n" + bytes(5) + b"\x08\x08\0" + struct.pack("<HHI", 4, 16, 0)
            start += struct.pack("<QQQQ", self.base, _NOWHERE, end, _NOWHERE) + struct.pack("<QQII16x", 0, at, 0, 0)
        else:
            start = b"\x89HDF\r\n\x1a\n\x02\x08\x08\0" + struct.pack("<QQQQ4x", self.base, _NOWHERE, end, at)
        self.body[: len(start)] = start
        return bytes(self.base) + bytes(self.body)


def hdf5(*parts: Part) -> bytes:
    """Return a file whose root group has these messages."""
    return File().done(header(Part(2, b"\0\0" + struct.pack("<QQ", _NOWHERE, _NOWHERE)), *parts))
