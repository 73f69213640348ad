"""SEC503: programs among the files of a model."""

from __future__ import annotations

import pytest
from tests.make.archives import elf, portable_executable, python_bytecode, tar_file
from tests.make.revisions import judged, revision

from assay.finding import Severity

FAILING = revision({"pytorch_model.bin": elf()})
PASSING = revision({"train.sh": b"#!/bin/sh\npython train.py\n", "notes.txt": b"#1 thing\n", "x.bin": bytes(100)})


@pytest.mark.parametrize(
    ("path", "data", "severity"),
    [
        ("pytorch_model.bin", elf(), Severity.CRITICAL),
        ("preview.png", portable_executable(), Severity.CRITICAL),
        ("run.exe", portable_executable(), Severity.HIGH),
        ("ops/custom.so", elf(kind=3), Severity.MEDIUM),
        ("ort.wasm", b"\0asm\x01\0\0\0", Severity.LOW),
        ("__pycache__/m.cpython-311.pyc", python_bytecode(), Severity.LOW),
        ("__pycache__/m.cpython-311.pyc", python_bytecode(flags=1), Severity.HIGH),
        ("modeling.pyc", python_bytecode(), Severity.HIGH),
        ("model.safetensors", b"#!/bin/sh\nid\n", Severity.CRITICAL),
        ("start.vbs", b'MsgBox "hello"\n', Severity.HIGH),
    ],
)
def test_severity_goes_by_what_it_is_and_how_it_is_named(path, data, severity):
    assert [finding.severity for finding in judged("SEC503", revision({path: data}))] == [severity]


def test_inside_archives_too():
    (finding,) = judged("SEC503", revision({"m.nemo": tar_file(("weights.bin", elf()))}))
    assert finding.location == "member weights.bin"
