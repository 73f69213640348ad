"""Small files that would grow: judged or said to be unread, in bounded time and memory, and never a pass."""

import io
import json
import os
import struct
import time
import zipfile
import zlib

import pytest
from tests.make.pickle_parts import pickled

from assay.cli.main import main

MIB = 1024 * 1024


@pytest.fixture
def scan(capsys, monkeypatch, tmp_path):
    """Scan in this process; the child is a process all the same."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / ".config"))

    def call(target, *arguments):
        capsys.readouterr()
        code = main(["scan", os.fspath(target), *arguments])
        return code, *capsys.readouterr()

    return call


@pytest.fixture
def model(tmp_path):
    folder = tmp_path / "model"
    folder.mkdir()
    return folder


def zipped(name, data):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), data, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def sharing(members):
    """A zip whose directory lists the same bytes again and again, each time under another name."""
    data = b"[1]\n"
    crc = zlib.crc32(data)
    fields = (20, 0, 0, 0, 33, crc, len(data), len(data), 9)
    local = b"PK\3\4" + struct.pack("<HHHHHIIIHH", *fields, 0) + b"0000.json" + data
    entry = b"PK\1\2" + struct.pack("<HHHHHHIIIHHHHHII", 20, *fields, 0, 0, 0, 0, 0, 0)
    directory = b"".join(entry + b"%04d.json" % at for at in range(members))
    return (
        local + directory + b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, members, members, len(directory), len(local), 0)
    )


def russian_doll(depth):
    data = pickled(b"N")
    for _ in range(depth):
        data = zipped("a.zip", data)
    return data


def laughs(levels, width):
    lines = [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * width)}]" for i in range(1, levels)]
    return "\n".join(["a0: &a0 ha", *lines]).encode()


def header(text):
    return struct.pack("<Q", len(text)) + text


def shared(levels, calls):
    """A pickle whose calls take one argument that would be 16 ** levels items long if it were written out."""
    wide = b"".join(b"(" + bytes([0x68, i]) * 16 + b"tq" + bytes([i + 1]) + b"0" for i in range(levels))
    return pickled(b"Nq\x000" + wide + (b"ca\nb\n" + bytes([0x68, levels]) + b"\x85R0") * calls + b"N")


def far_memo():
    return pickled(b"N" + b"".join(b"r" + struct.pack("<I", i * 65_537) for i in range(60_000)))


def shape():
    sizes = b"9007199254740991," * 100_000
    return header(b'{"a":{"dtype":"F32","shape":[' + sizes + b'1],"data_offsets":[0,4]}}')


def credentials():
    return b"".join(b'hf_%036d\npassword="%012d"\n' % (i, i) for i in range(40_000))


BOMBS = {
    "zeros in a zip": ("weights.pt", lambda: zipped("data.pkl", b"\x80\x02" + bytes(60 * MIB))),
    "JSON in a zip": ("weights.zip", lambda: zipped("a.json", b"[" * 60 * MIB)),
    "pickle marks in a zip": ("weights.zip", lambda: zipped("a.pkl", b"\x80\x02" + b"(" * 1_000_000)),
    "zips in zips": ("weights.zip", lambda: russian_doll(60)),
    "a zip that shares bytes": ("weights.zip", lambda: sharing(4_000)),
    "JSON arrays": ("config.json", lambda: b"[" * 2_000_000),
    "JSON objects": ("config.json", lambda: b'{"a":' * 400_000),
    "a JSON number": ("config.json", lambda: b"9" * 3_000_000),
    "JSON keys": ("config.json", lambda: b'{"a":1,' + b'"a":1,' * 500_000 + b'"a":1}'),
    "JSON lines": ("data.jsonl", lambda: b'{}\n{"a":' + b"[" * 2_000_000),
    "YAML laughs": ("params.yaml", lambda: laughs(40, 9)),
    "YAML nesting": ("params.yaml", lambda: b"[" * 200_000),
    "YAML indentation": ("params.yaml", lambda: b"".join(b" " * i + b"a:\n" for i in range(600))),
    "YAML self-reference": ("params.yaml", lambda: b"&a [*a, *a, *a]"),
    "laughs in a card": ("README.md", lambda: b"---\n" + laughs(40, 9) + b"\n---\n# x\n"),
    "brackets in a card": ("README.md", lambda: b"[" * 3_000_000),
    "Python parentheses": ("modeling.py", lambda: b"x = " + b"(" * 100_000 + b")" * 100_000),
    "Python operators": ("modeling.py", lambda: b"x = " + b"-" * 400_000 + b"1"),
    "Python attributes": ("modeling.py", lambda: b"x" + b".a" * 200_000),
    "a Python module's name": ("modeling.py", lambda: b"import a" + b".a" * 200_000),
    "fields of an f-string": ("modeling.py", lambda: b'x = f"' + b"{a}" * 100_000 + b'"'),
    "Python strings": ("modeling.py", lambda: b"x = " + b'"a" ' * 200_000),
    "pickle marks": ("weights.bin", lambda: b"(" * 1_500_000),
    "a hundred megabytes of marks": ("weights.bin", lambda: b"(" * 100 * MIB),
    "pickle memo": ("weights.bin", lambda: pickled(b"]" + b"\x94" * 800_000, protocol=4)),
    "far memo entries": ("weights.bin", far_memo),
    "tuples of tuples": ("weights.bin", lambda: pickled(b")" + b"2\x86" * 300_000)),
    "shared arguments": ("weights.bin", lambda: shared(100, 40_000)),
    "a pickled number": ("weights.bin", lambda: pickled(b"\x8b" + struct.pack("<i", 4_000_000) + b"\x7f" * 4_000_000)),
    "a length of 2**63": ("weights.bin", lambda: pickled(b"\x8e" + b"\xff" * 7 + b"\x7f", protocol=4)),
    "a safetensors header": ("model.safetensors", lambda: header(b'{"a":' * 400_000)),
    "a safetensors length": ("model.safetensors", lambda: struct.pack("<Q", 2**63) + b"{}"),
    "a safetensors shape": ("model.safetensors", shape),
    "keys in text": ("notes.txt", lambda: b"key=" * 500_000),
    "tokens and passwords": ("notes.txt", credentials),
    "a licence": ("LICENSE", lambda: b"Permission is hereby granted " * 200_000),
}  # fmt: skip


SLOW = {
    "a hundred megabytes of marks", "shared arguments", "tuples of tuples", "far memo entries", "a length of 2**63",
    "JSON arrays", "JSON lines", "JSON keys", "a JSON number", "JSON in a zip", "YAML nesting", "YAML indentation",
    "brackets in a card", "a licence", "keys in text", "Python strings", "Python attributes",
    "a safetensors header", "a safetensors shape",
}  # fmt: skip


@pytest.mark.parametrize("bomb", [pytest.param(one, marks=[pytest.mark.slow] * (one in SLOW)) for one in BOMBS])
def test_a_bomb_is_judged_or_said_to_be_unread(scan, model, bomb):
    name, make = BOMBS[bomb]
    (model / name).write_bytes(make())
    started = time.process_time(), os.times().children_user
    code, out, err = scan(model, "--format", "json", "--timeout", "30")
    spent = time.process_time() - started[0] + os.times().children_user - started[1]
    assert spent < 10, "seconds of processor time"
    assert "Traceback" not in err
    if out:
        assert len(out) < MIB
        report = json.loads(out)
        assert [file["path"] for file in report["artifact"]["files"]] == [name]
        assert report["verdict"]["outcome"] != "admit" or not report["not_judged"]
        assert code in (0, 1, 3)
    else:
        assert code == 3
        assert f"could not judge {name}: ran out of memory" in err
