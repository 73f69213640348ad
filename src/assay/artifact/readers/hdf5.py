"""HDF5: links and storage that lead out of the file, attributes that hold a configuration or a pickle."""

from __future__ import annotations

from dataclasses import dataclass, field

from assay.artifact.blob import Blob, BytesBlob, SliceBlob
from assay.artifact.budget import Budget
from assay.artifact.hdf5.heaps import global_object, local_heap_data
from assay.artifact.hdf5.links import EXTERNAL, HARD, SOFT, Link, dense, link, symbols
from assay.artifact.hdf5.storage import ITEMS, Message, Storage, find_superblock, messages
from assay.artifact.hdf5.values import Datatype, attribute, datatype, filters, shared_datatype, texts, unfiltered
from assay.artifact.notes import Notes
from assay.artifact.observation import Observation
from assay.artifact.sniff import sniff
from assay.artifact.window import Window
from assay.canonical import JSON
from assay.errors import BudgetError, ReadError

__all__ = ["FORMAT", "VERSION", "read"]

FORMAT = "hdf5"
VERSION = 1

_LINK_INFO, _TYPE, _LINK, _FILES, _LAYOUT, _FILTERS, _ATTRIBUTE, _SYMBOLS, _ATTRIBUTE_INFO = (
    2, 3, 6, 7, 8, 11, 12, 17, 21,
)  # fmt: skip
_COMPACT, _CONTIGUOUS, _CHUNKED, _VIRTUAL = range(4)
_MOST = 500
_MOST_PICKLES = 2000
_FIRST = 64
"""Values looked at in a dataset that no loader takes for pickles."""
_SMALL_VALUE = 4
"""Bytes; a shorter value is no pickle that does anything."""


def read(blob: Blob, budget: Budget, *, path: str, depth: int) -> Observation:
    """Return what leads out of the file; as members configurations and pickles in it, and what stands before it.

    Facts: `version` of the superblock, `groups`, `datasets`, `attributes` (counts), `external` (`kind` link, storage,
    virtual or user-defined; where it stands, `file`, `target`), `soft_links` (count), `pickled` (where pickles stand).

    Raises:
        ReadError: it has no superblock.
    """
    del path
    notes = Notes(FORMAT, VERSION, budget, depth)
    seen = _Seen(find_superblock(Window(blob, budget), budget), notes)
    with notes.until_broken():
        if seen.storage.start:
            # Another loader may take the file for what stands before: a pickle, a script.
            notes.member("user block", SliceBlob(blob, 0, seen.storage.start))
        seen.walk()
    return notes.observation(seen.facts())


@dataclass(slots=True)
class _Object:
    """What the messages of one object header said."""

    path: str
    is_group: bool = False
    type: Datatype | None = None
    layout: Message | None = None
    filters: list[tuple[int, int]] = field(default_factory=list)
    of_objects: bool = False
    """Whether PyTables takes the values for pickles."""


@dataclass(slots=True)
class _Seen:
    """Walks from the root group to every object, each once."""

    storage: Storage
    notes: Notes
    groups: int = 0
    datasets: int = 0
    attributes: int = 0
    soft_links: int = 0
    external: list[JSON] = field(default_factory=list)
    pickled: list[str] = field(default_factory=list)
    waiting: list[tuple[int, str]] = field(default_factory=list)

    def facts(self) -> dict[str, JSON]:
        return {
            "version": self.storage.version,
            "groups": self.groups,
            "datasets": self.datasets,
            "attributes": self.attributes,
            "soft_links": self.soft_links,
            "external": self.external,
            "pickled": self.pickled[:_MOST],
        }

    def walk(self) -> None:
        self.waiting = [(self.storage.root, "/")]
        visited = set()
        while self.waiting:
            header, path = self.waiting.pop()
            if header in visited:
                continue
            visited.add(header)
            self.notes.budget.take_items(ITEMS)
            try:
                self._object(header, path)
            except BudgetError:
                raise
            except ReadError as error:
                self.notes.stop("malformed", f"{path[:200]!r}: {error}", error.offset)

    def _object(self, header: int, path: str) -> None:
        one = _Object(path)
        for message in messages(self.storage, header):
            self._message(message, one)
        if one.is_group:
            self.groups += 1
        elif one.layout is not None:
            self.datasets += 1
            self._data(one, one.layout)

    def _message(self, message: Message, one: _Object) -> None:
        storage, start = self.storage, message.start
        if message.type == _SYMBOLS:
            one.is_group = True
            for item in symbols(storage, message):
                self._link(item, one.path)
        elif message.type == _LINK:
            self._link(link(storage, start, start + message.size), one.path)
        elif message.type == _LINK_INFO:
            one.is_group = True
            self._dense_links(message, one.path)
        elif message.type == _ATTRIBUTE:
            self._attribute(message, one)
        elif message.type == _ATTRIBUTE_INFO:
            self._dense_attributes(message, one)
        elif message.type == _TYPE:
            one.type = shared_datatype(storage, start) if message.is_shared else datatype(storage, start)
        elif message.type == _FILTERS:
            one.filters = filters(storage, message)
        elif message.type == _FILES:
            self._external_files(message, one.path)
        elif message.type == _LAYOUT:
            one.layout = message

    def _link(self, item: Link, path: str) -> None:
        place = f"{path.rstrip('/')}/{item.name}"[:1000]
        if item.kind == HARD:
            if item.address is not None:
                self.waiting.append((item.address, place))
        elif item.kind == SOFT:
            self.soft_links += 1
        else:
            self._leads_out("link" if item.kind == EXTERNAL else "user-defined", place, item.file, item.target)

    def _leads_out(self, kind: str, place: str, file: str, target: str = "") -> None:
        if len(self.external) < _MOST:
            self.notes.budget.take_facts(len(place) + len(file) + len(target) + 60)
            self.external.append({"kind": kind, "at": place, "file": file[:1000], "target": target[:1000]})

    def _dense_links(self, message: Message, path: str) -> None:
        at = message.start + 2 + (8 if self.storage.number(message.start + 1, 1) & 1 else 0)
        heap, tree = self.storage.address(at), self.storage.address(at + self.storage.offset_width)
        if heap is not None and tree is not None:
            for start, end in dense(self.storage, heap, tree, 4):
                self._link(link(self.storage, start, end), path)

    def _dense_attributes(self, message: Message, one: _Object) -> None:
        at = message.start + 2 + (2 if self.storage.number(message.start + 1, 1) & 1 else 0)
        heap, tree = self.storage.address(at), self.storage.address(at + self.storage.offset_width)
        if heap is not None and tree is not None:
            for start, end in dense(self.storage, heap, tree, 0):
                self._attribute(Message(_ATTRIBUTE, 0, start, end - start), one)

    def _attribute(self, message: Message, of: _Object) -> None:
        self.attributes += 1
        if message.is_shared:
            self.notes.stop("shared-message", f"an attribute of {of.path[:200]!r} stands elsewhere", message.start)
            return
        one = attribute(self.storage, message)
        if one.type is None:
            self.notes.stop("shared-type", f"the type of attribute {one.name[:80]!r} stands elsewhere", message.start)
        elif one.type.holds_bytes:
            length = min(one.end - one.start, one.elements * one.type.size)
            data = self.storage.window.take(one.start, length, "an attribute")
            for value in texts(self.storage, one.type, data):
                of.of_objects |= one.name == "PSEUDOATOM" and value.rstrip(b"\0") == b"object"
                self._value(value, f"{of.path.rstrip('/')}@{one.name}"[:300])

    def _value(self, value: bytes, name: str) -> None:
        """Read a value as a file of its own where it is a configuration, or a pickle."""
        value = value.rstrip(b"\0")
        if len(value) < _SMALL_VALUE:
            return
        if value.lstrip()[:1] in (b"{", b"["):
            if b"class_name" in value or b"\\u00" in value:
                self.notes.member(f"{name}.json", BytesBlob(value))
        # Loaders of PyTables take text for a pickle where it ends as one.
        elif (value.endswith(b".") or value.startswith(b"\x80")) and sniff(BytesBlob(value), "value") == "pickle":
            self._pickle(value, name)

    def _pickle(self, value: bytes, name: str) -> None:
        if len(self.pickled) == _MOST_PICKLES:
            self.notes.stop("too-many-pickles", f"holds more than {_MOST_PICKLES:,} pickles; the rest was not read")
        elif len(self.pickled) < _MOST_PICKLES:
            self.notes.member(f"{name}.pkl", BytesBlob(value))
        self.notes.budget.take_facts(len(name) + 4)
        self.pickled.append(name)

    def _external_files(self, message: Message, path: str) -> None:
        storage, at = self.storage, message.start
        used = storage.number(at + 6, 2)
        heap = storage.address(at + 8)
        if heap is None:
            return
        names = local_heap_data(storage, heap)
        first = at + 8 + storage.offset_width
        for index in range(used):
            place = first + 3 * index * storage.length_width
            if place + 3 * storage.length_width > at + message.size:
                raise ReadError("a list of external files is cut off", offset=at)
            self._leads_out("storage", path, storage.text_at(names[0] + storage.length(place), names[1]))

    def _data(self, one: _Object, layout: Message) -> None:
        storage, at = self.storage, layout.start
        version = storage.number(at, 1)
        if version not in (3, 4, 5):
            return
        kind = storage.number(at + 1, 1)
        if kind == _VIRTUAL:
            self._virtual(one, at + 2)
        elif one.type is None or not one.type.holds_bytes:
            return
        elif kind == _COMPACT:
            self._values(one, at + 4, storage.number(at + 2, 2))
        elif kind == _CONTIGUOUS:
            start = storage.address(at + 2)
            if start is not None:
                self._values(one, start, storage.length(at + 2 + storage.offset_width))
        elif kind == _CHUNKED and version == 3:
            self._chunks(one, at + 2)
        elif one.of_objects:
            self.notes.stop("unread-objects", f"the objects in {one.path[:200]!r} are kept in a way that is not read")

    def _values(self, one: _Object, start: int, length: int, mask: int = 0) -> None:
        """Look at the values in a run of storage: all where they are pickles, else the first few."""
        if one.type is None:
            return
        wanted = length if one.of_objects or one.filters else min(length, _FIRST * one.type.size)
        data: bytes | None = self.storage.window.take(start, wanted, "a dataset")
        if one.filters:
            data = unfiltered(data or b"", one.filters, mask, self.notes.budget)
        if data is None:
            if one.of_objects:
                self.notes.stop("unread-objects", f"the objects in {one.path[:200]!r} are compressed in an unknown way")
            return
        for value in texts(self.storage, one.type, data if one.of_objects else data[: _FIRST * one.type.size]):
            self._value(value, one.path[:300])

    def _virtual(self, one: _Object, at: int) -> None:
        heap = self.storage.address(at)
        if heap is None:
            return
        start, end = global_object(self.storage, heap, self.storage.number(at + self.storage.offset_width, 4))
        name = self.storage.text_at(start + 1 + self.storage.length_width, end)
        if name != ".":
            self._leads_out("virtual", one.path, name)

    def _chunks(self, one: _Object, at: int) -> None:
        """Look at the values in the chunks of a dataset, as PyTables keeps Python objects; of others in the first."""
        storage = self.storage
        rank = storage.number(at, 1)
        tree = storage.address(at + 1)
        waiting, seen = [] if tree is None else [(tree, 256)], set()
        key = 8 + 8 * rank
        while waiting:
            node, above = waiting.pop()
            storage.expect(node, b"TREE")
            level, used = storage.number(node + 5, 1), storage.number(node + 6, 2)
            if node in seen or level >= above:
                raise ReadError("a tree of chunks goes round in circles", offset=node)
            seen.add(node)
            first = node + 8 + 2 * storage.offset_width
            for index in range(used):
                storage.budget.take_items(ITEMS)
                place = first + index * (key + storage.offset_width)
                child = storage.address(place + key)
                if child is None:
                    continue
                if level:
                    waiting.append((child, level))
                else:
                    self._values(one, child, storage.number(place, 4), storage.number(place + 4, 4))
                if not level and not one.of_objects:
                    return
