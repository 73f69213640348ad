"""SEC504: bytes that are two formats at once."""

from __future__ import annotations

from tests.make.pickle_parts import STATE_DICT, torch_zip
from tests.make.revisions import revision, safetensors

FAILING = revision({"m.gguf": b"GGUF\x03\0\0\0" + bytes(16) + torch_zip(STATE_DICT)})
PASSING = revision({"m.safetensors": safetensors(), "m.pt": torch_zip(STATE_DICT), "a.txt": b"PK\x05\x06 is a mark\n"})
