"""What format bytes are in: by content; the name decides only between kinds of text."""

from __future__ import annotations

import json
import re

from assay.artifact.blob import Blob

__all__ = ["sniff"]

_HEAD = 4096
_PICKLE_PROTO = re.compile(rb"\x80[\x02-\x05]")
_LICENCE_NAME = re.compile(r"(?i)^(licen[cs]e|copying|notice|use[_-]?policy)([._-].*)?$")
_TEXT_BYTES = bytes(sorted(set(range(32, 256)) - {127} | {9, 10, 12, 13, 27}))


def sniff(blob: Blob, path: str) -> str:
    """Return the format of `blob`: a reader's format, a known foreign format, or `unclaimed`.

    `path` is consulted only to tell one kind of text from another, and for the card, which is a card by its name.
    """
    head = blob.read_at(0, _HEAD)
    return _binary(blob, head) or _text(head, path) or "unclaimed"


def _binary(blob: Blob, head: bytes) -> str | None:
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return "zip"
    if _PICKLE_PROTO.match(head):
        return "pickle"
    if _is_safetensors(blob, head):
        return "safetensors"
    if _is_early_pickle(head):
        return "pickle"
    return None


def _is_safetensors(blob: Blob, head: bytes) -> bool:
    if len(head) < 9:
        return False
    length = int.from_bytes(head[:8], "little")
    # A header of up to 100 MB is what the format's own library accepts; beyond, eight bytes are only eight bytes.
    return head[8:9] == b"{" and 2 <= length <= 100_000_000 and length < 2 * blob.size + 100_000


def _is_early_pickle(head: bytes) -> bool:
    # Protocols 0 and 1 have no magic. A stream that calls something needs GLOBAL (`c`) or INST (`i`):
    # opcode, module, newline, name, newline, as printable identifiers.
    return re.match(rb"\(*[ci][A-Za-z_][\w.]{0,200}\n[A-Za-z_][\w.]{0,200}\n", head) is not None or (
        re.match(rb"(\(dp\d+\n|\(lp\d+\n|\}q\x00|\]q\x00|\(\})", head) is not None
    )


def _text(head: bytes, path: str) -> str | None:
    if b"\x00" in head or head.translate(None, _TEXT_BYTES):
        return None
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        # A cut in the middle of a character at the end of the head is no fault of the file.
        if error.start < len(head) - 4:
            return None
    name = path.rsplit("/", 1)[-1].rsplit("!", 1)[-1]
    lower = name.lower()
    if name == "README.md":
        return "card"
    if lower.endswith((".py", ".pyw")) or re.match(rb"#![^\n]*\bpython", head):
        return "python"
    if lower.endswith((".yaml", ".yml")):
        return "yaml"
    if _LICENCE_NAME.match(name):
        return "licence"
    if lower.endswith((".json", ".jsonl", ".ipynb")) or _is_json(head):
        return "jsonl" if lower.endswith(".jsonl") else "json"
    return "text"


def _is_json(head: bytes) -> bool:
    start = head.lstrip()[:1]
    if start not in (b"{", b"["):
        return False
    try:
        json.loads(head)
    except ValueError:
        return len(head) == _HEAD
    return True
