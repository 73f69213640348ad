"""Programs are known by their content, and so are files that are two things at once."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.make.archives import elf, portable_executable, python_bytecode, tar_file
from tests.make.pickle_parts import STATE_DICT, torch_zip

from assay.artifact.blob import BytesBlob
from assay.artifact.budget import Budget
from assay.artifact.readers import executable as reader
from assay.artifact.readers import read_blob
from assay.artifact.sniff import sniff
from assay.errors import ReadError

KINDS = [
    (elf(), "elf", "program"),
    (elf(kind=3), "elf", "library"),
    (portable_executable(), "pe", "program"),
    (portable_executable(library=True), "pe", "library"),
    (b"\xcf\xfa\xed\xfe" + bytes(8) + b"\x06\0\0\0" + bytes(60), "mach-o", "library"),
    (b"\xca\xfe\xba\xbe\0\0\0\x02" + bytes(60), "mach-o", "program"),
    (b"\xca\xfe\xba\xbe\0\0\0\x41" + bytes(60), "java class", "bytecode"),
    (b"\0asm\x01\0\0\0", "wasm", "bytecode"),
    (b"MZqFpD='\n" + bytes(200), "ape", "program"),
    (python_bytecode(), "python bytecode", "bytecode"),
]


@pytest.mark.parametrize(("data", "kind", "role"), KINDS)
def test_kinds(data, kind, role):
    reading = read_blob(BytesBlob(data), Budget(), path="pytorch_model.bin")
    assert reading.format == "executable"
    assert (reading.observation.facts["kind"], reading.observation.facts["role"]) == (kind, role)


@pytest.mark.parametrize("data", [b"MZ is a text about programs", b"\x7fEL", b"MZ" + bytes(200), b"\xca\xfe\xba\xbe"])
def test_what_only_looks_alike(data):
    assert sniff(BytesBlob(data), "x.bin") != "executable"


def test_two_formats_at_once_are_both_read():
    archive = torch_zip(STATE_DICT)
    seen = read_blob(BytesBlob(elf() + archive), Budget(), path="x").observation
    assert [name for name, _ in seen.members] == ["as zip"]
    assert seen.problems[-1].code == "polyglot"
    both = tar_file(("PK\x03\x04", b"a")) + archive
    assert any(
        problem.code == "polyglot" for problem in read_blob(BytesBlob(both), Budget(), path="x").observation.problems
    )


@settings(max_examples=100, deadline=None)
@given(st.sampled_from([data for data, _, _ in KINDS]), st.binary(max_size=60), st.integers(4, 80))
def test_any_bytes_give_an_observation_or_a_read_error(data, tail, cut):
    try:
        reader.read(BytesBlob(data[:cut] + tail), Budget(), path="x", depth=0)
    except ReadError:
        return
