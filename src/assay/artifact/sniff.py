"""What format bytes are in: by content; a name decides only between kinds of text, and where loaders go by name.

A file named `.py`, `.json`, `.yaml` or `README.md` is taken for that unless its bytes are a known binary format, so
that one stray byte does not make it invisible: it is read, or said to be unread.
"""

from __future__ import annotations

import re

from assay.artifact.blob import Blob
from assay.artifact.budget import Budget
from assay.artifact.magic import binary_format, ends_as_zip
from assay.artifact.magic_models import claimed_model_format, only_pickled
from assay.artifact.protobuf.text_format import is_graph_text
from assay.artifact.text.json_document import parse_json
from assay.artifact.text.textual import decode
from assay.errors import ReadError

__all__ = ["LFS_POINTER", "also_code", "sniff"]

LFS_POINTER = b"version https://git-lfs.github.com/spec/v1\n"
"""How a file begins whose content Git LFS keeps elsewhere."""

_HEAD = 4096
_FIRST_LINE = 64 * 1024
_SUFFIXES = {
    **dict.fromkeys(("py", "pyw"), "python"),
    **dict.fromkeys(("yaml", "yml"), "yaml"),
    "json": "json",
    "ipynb": "notebook",
    **dict.fromkeys(("jsonl", "ndjson"), "jsonl"),
}
_NAMES = {"MLmodel": "yaml", "schema.json": "skops"}
_LICENCE_NAME = re.compile(
    r"(?:[\w-]{1,40}[_-])?(?:(?:un)?licen[cs]es?|copying|notices?)(?:[._-].*)?\Z|(?:[\w-]{1,40}[_-])?use[_-]?policy(?:[._-].*)?\Z",
    re.IGNORECASE,
)
_XML_START = re.compile(
    r"\s*+(?:<!--.*?-->\s*+)*+<(?:\?xml\s|!(?:DOCTYPE|ENTITY)\s++(?!html\b)|net\s|PMML[\s>])", re.IGNORECASE | re.DOTALL
)
_PYTHON_SCRIPT = re.compile(r"#![^\n]*\bpython")
# `[section]`, `[link](target)` and `[2024-01-01]` begin as JSON does; they go on differently.
_JSON_START = re.compile(
    r"""\s*+(?: \{\s*+ (?: \} | "(?:[^"\\]|\\.)*+ (?: \Z | "\s*+(?: : | \Z)))
           | (?:\[\s*+)++ (?: \{\s*+["}] | " | \] | true | false | null
                            | -?\d++ (?:\.\d++)?+ (?:[eE][-+]?\d++)?+ \s*+,))""",
    re.VERBOSE,
)
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f\x7f]")
_HIGH_BYTES = bytes(range(128, 256))
_TEXT_BYTES = bytes(sorted(set(range(32, 256)) - {127} | {9, 10, 12, 13, 27}))


def sniff(blob: Blob, path: str) -> str:
    """Return the format of `blob`: a reader's format, a known foreign format, or `unclaimed`.

    `path` is consulted only where the bytes are no known binary format.
    """
    head = blob.read_at(0, _HEAD)
    text = claimed_model_format(_name(path)) is None and _decoded(head) is not None
    known = binary_format(blob, head, text=text) or _text(blob, head, path) or ("zip" if ends_as_zip(blob) else None)
    if known == "text" and only_pickled(_name(path)) and not head.startswith(LFS_POINTER):
        return "pickle"
    return known or claimed_model_format(_name(path)) or "unclaimed"


def also_code(blob: Blob, path: str, first: str) -> bool:
    """Whether what bytes alone call a pickle is text under a name that Python would run it by."""
    return first == "pickle" and _claimed(_name(path)) == "python" and _decoded(blob.read_at(0, _HEAD)) is not None


def _name(path: str) -> str:
    return path.rsplit("/", 1)[-1].rsplit("!", 1)[-1]


def _text(blob: Blob, head: bytes, path: str) -> str | None:
    if head.startswith(LFS_POINTER):
        return "text"
    name = _name(path)
    claimed = _claimed(name)
    if claimed == "json":
        return "jsonl" if _is_json_lines(blob.read_at(0, _FIRST_LINE)) else "json"
    if claimed is not None:
        return claimed
    text = _decoded(head)
    if text is None:
        return None
    if _LICENCE_NAME.match(name):
        return "licence"
    if _PYTHON_SCRIPT.match(text):
        return "python"
    if _is_json_lines(head):
        return "jsonl"
    if name.lower().endswith(".pbtxt") or is_graph_text(text):
        return "tensorflow"
    if name.lower().endswith((".xml", ".pmml")) or _XML_START.match(text):
        return "xml"
    return "json" if _is_json(text, whole=len(head) < _HEAD) else "text"


def _claimed(name: str) -> str | None:
    """Return the format that a loader would take `name` for: such a file is read as that, or said to be unread."""
    if name == "README.md":
        return "card"
    if name in _NAMES:
        return _NAMES[name]
    suffix = name.lower().rpartition(".")[2] if "." in name else ""
    return _SUFFIXES.get(suffix)


def _decoded(head: bytes) -> str | None:
    """Return the text that `head` is the beginning of; None when it is no text."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = head[: len(head) // 2 * 2].decode("utf-16", "replace").rstrip("\ufffd")
        return None if "\ufffd" in text or _CONTROLS.search(text) else text
    if head.translate(None, _TEXT_BYTES):
        return None
    try:
        return head.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        # A cut in the middle of a character at the end of the head is no fault of the file; an old 8-bit encoding
        # is still text where most of it is ASCII.
        cut = len(head) == _HEAD and error.start >= len(head) - 4
        ascii_ = len(head.translate(None, _HIGH_BYTES))
        return head.decode("latin-1") if cut or ascii_ >= 0.9 * len(head) else None


def _is_json(text: str, *, whole: bool) -> bool:
    if not _JSON_START.match(text):
        return False
    if not whole:
        return True
    try:
        parse_json(text, Budget())
    except ReadError:
        return False
    return True


def _is_json_lines(head: bytes) -> bool:
    """Whether the first line is an object of its own and another follows."""
    first, _, rest = head.lstrip(b"\xef\xbb\xbf \t\r\n").partition(b"\n")
    if not first.startswith(b"{") or not rest.lstrip().startswith(b"{"):
        return False
    try:
        parse_json(decode(first).text, Budget())
    except ReadError:
        return False
    return True
