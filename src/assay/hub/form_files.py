"""Files of a browser's form on their way into a commit: taken as they arrive, in bounded memory whatever their size."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from assay.errors import RequestError
from assay.hub.committing import Draft
from assay.hub.placing import is_large
from assay.store.blobs.store import BlobWriter
from assay.store.contents import add_flat
from assay.store.holdings import Held, hold

__all__ = ["FormFiles", "Place"]

Place: TypeAlias = Callable[[str, str, dict[str, str]], str]
"""Where a file goes in the repo, by its field, its name and the fields that came before it."""

_SMALL = 1024 * 1024
"""Bytes of a file that are kept in memory; of a longer one, all go to the content store."""
_SAMPLE = 512
_LONGEST_FIELD = 64 * 1024
_MOST_FIELDS = 50


class FormFiles:
    """Takes a `multipart/form-data` body piece by piece; its files go into a draft. Not safe to share."""

    def __init__(self, content_type: str, draft: Draft, place: Place) -> None:
        """Begin a form; raises `RequestError` where the content type is that of another one."""
        kind, options = parse_options_header(content_type)
        if kind != b"multipart/form-data" or not options.get(b"boundary"):
            raise RequestError(400, "This route takes a form with files.", hint="Send it as multipart/form-data.")
        self.fields: dict[str, str] = {}
        self.files = 0
        self._draft = draft
        self._place = place
        self._headers: dict[str, bytearray] = {}
        self._header = bytearray()
        self._value = bytearray()
        self._field = ""
        self._path: str | None = None
        self._held = bytearray()
        self._writer: BlobWriter | None = None
        self._ended = False
        self._parser = MultipartParser(options[b"boundary"], {
            "on_part_begin": self._begin,
            "on_header_field": lambda data, start, end: self._header.extend(data[start:end]),
            "on_header_value": lambda data, start, end: self._value.extend(data[start:end]),
            "on_header_end": self._keep_header,
            "on_headers_finished": self._open,
            "on_part_data": lambda data, start, end: self._take(data[start:end]),
            "on_part_end": self._close,
            "on_end": self._end,
        })  # fmt: skip

    def feed(self, data: bytes) -> None:
        """Take the next bytes of the body.

        Raises:
            RequestError: they are no such form, or the form has too many fields.
            StoreError: a file cannot be kept.
        """
        try:
            self._parser.write(data)
        except FormParserError as error:
            raise RequestError(400, f"The form cannot be read: {error}") from None

    def finish(self) -> None:
        """Make sure that the form came to its end.

        Raises:
            RequestError: it broke off.
        """
        if not self._ended:
            raise RequestError(400, "The form broke off before its end.", hint="Send it again.")

    def discard(self) -> None:
        """Drop a file that was not taken to its end."""
        if self._writer is not None:
            self._writer.discard()
            self._writer = None

    def _begin(self) -> None:
        self._headers, self._header, self._value = {}, bytearray(), bytearray()
        self._held, self._path, self._field = bytearray(), None, ""

    def _keep_header(self) -> None:
        self._headers[self._header.decode("latin-1").lower()] = self._value
        self._header, self._value = bytearray(), bytearray()

    def _open(self) -> None:
        _, options = parse_options_header(bytes(self._headers.get("content-disposition", b"")))
        self._field = options.get(b"name", b"").decode("utf-8", "replace")
        name = options.get(b"filename", b"").decode("utf-8", "replace")
        if name:
            self._path = self._place(self._field, name, self.fields)
        elif b"filename" not in options and len(self.fields) >= _MOST_FIELDS:
            raise RequestError(413, f"A form has at most {_MOST_FIELDS} fields.")

    def _take(self, data: bytes) -> None:
        if self._writer is not None:
            self._writer.write(data)
            return
        self._held += data
        if self._path is None and len(self._held) > _LONGEST_FIELD:
            raise RequestError(413, f"A field of the form has more than {_LONGEST_FIELD:,} bytes.")
        if len(self._held) > _SMALL:
            self._writer = self._draft.node.blobs.writer()
            self._writer.write(self._held)
            self._held = bytearray()

    def _close(self) -> None:
        if self._path is None:
            if self._field and not self._is_empty_file():
                self.fields[self._field] = self._held.decode("utf-8", "replace")
            return
        self.files += 1
        if self._writer is None and not is_large(self._path, len(self._held), bytes(self._held[:_SAMPLE])):
            self._draft.write(self._path, bytes(self._held))
            return
        if self._writer is None:
            self._writer = self._draft.node.blobs.writer(expected_size=len(self._held))
            self._writer.write(self._held)
        stored = self._writer.commit()
        self._writer = None
        with self._draft.node.database.write() as connection:
            add_flat(connection, *stored)
            hold(connection, self._draft.repo.id, [Held(*stored)])
        self._draft.link(self._path, *stored)

    def _is_empty_file(self) -> bool:
        """Browsers send a file field that nobody filled in as a file without a name."""
        return b"filename=" in self._headers.get("content-disposition", b"")

    def _end(self) -> None:
        self._ended = True
