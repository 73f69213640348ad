"""Kinds of text are told by content first, by name where loaders go by name."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.artifact.blob import BytesBlob
from assay.artifact.sniff import sniff


def kind(data, path="file"):
    return sniff(BytesBlob(data.encode() if isinstance(data, str) else data), path)


@pytest.mark.parametrize(
    ("path", "format_"),
    [
        ("README.md", "card"),
        ("sub/dir/README.md", "card"),
        ("a.zip!README.md", "card"),
        ("readme.md", "text"),
        ("docs/USAGE.md", "text"),
        ("modeling.py", "python"),
        ("config.YAML", "yaml"),
        ("config.json", "json"),
        ("notebook.ipynb", "notebook"),
        ("train.jsonl", "jsonl"),
        ("LICENSE", "licence"),
        ("LICENCE.txt", "licence"),
        ("LICENSE-MODEL.txt", "licence"),
        ("LICENSE.md", "licence"),
        ("MODEL_LICENSE", "licence"),
        ("third-party-licenses.txt", "licence"),
        ("COPYING.LESSER", "licence"),
        ("NOTICE", "licence"),
        ("USE_POLICY.md", "licence"),
        ("licenser.txt", "text"),
        ("license.json", "json"),
        ("vocab.txt", "text"),
        ("noname", "text"),
    ],
)
def test_a_name_decides_between_kinds_of_text(path, format_):
    assert kind("hello there\n", path) == format_


@pytest.mark.parametrize("path", ["x.py", "x.json", "x.yaml", "README.md"])
def test_a_stray_byte_does_not_make_a_file_invisible(path):
    assert kind(b"ok = 1 \x01\x00\xff\n" * 3, path) == kind(b"", path) != "unclaimed"


@pytest.mark.parametrize("data", [b"PK\x03\x04rest", b"\x80\x04K\x01."])
def test_a_binary_format_wins_over_a_name(data):
    assert kind(data, "config.json") in ("zip", "pickle")


@pytest.mark.parametrize(
    ("data", "format_"),
    [
        ('{"a": 1}', "json"),
        ("\ufeff[1, 2]", "json"),
        ("[]", "json"),
        ('{"a": 1', "text"),
        ('{"long": "' + "x" * 9000 + '"}', "json"),
        ("[[[1, 2], [3, 4]], " + "[1, 2], " * 2000 + "1]", "json"),
        ("[section]\nkey = value\n" * 400, "text"),
        ("[a link](https://example.org) and so on\n" * 300, "text"),
        ("[2024-01-01] started\n" * 400, "text"),
        ("{% if messages %}" * 400, "text"),
        ('{"a": 1}\r\n{"a": 2}\r\n', "jsonl"),
        ("[" * 5000, "text"),
        ("#!/usr/bin/env python3\nprint()\n", "python"),
        ("#!/bin/sh\n", "text"),
        ("", "text"),
    ],
)
def test_content_decides_where_the_name_says_nothing(data, format_):
    assert kind(data) == format_


def test_a_json_name_may_hold_json_lines():
    lines = '{"text": "' + "x" * 6000 + '"}\n{"text": ""}\n'
    assert kind(lines, "train.json") == "jsonl"
    assert kind('{\n  "a": {}\n}\n', "config.json") == "json"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-be"])
def test_text_with_a_byte_order_mark_is_text(encoding):
    text = "Grüße\r\n" if encoding != "utf-16-be" else "\ufeffGrüße\r\n"
    assert kind(text.encode(encoding)) == "text"
    assert kind(text.encode(encoding), "LICENSE") == "licence"


def test_old_encodings_are_text_where_most_is_ascii():
    assert kind("Copyright © 2020 Someone, all rights reserved".encode("latin-1"), "LICENSE") == "licence"
    assert kind(bytes(range(160, 256))) == "unclaimed"


def test_a_character_cut_by_the_end_of_the_head_is_no_fault():
    assert kind("é" * 4000) == kind("a" + "é" * 4000) == "text"


@pytest.mark.parametrize("data", [b"\x00\x01\x02", b"text\x00text", b"\xff\xfe\x00\xd8\x01\x00", b"%PDF-1.7\n\x01\x02"])
def test_what_is_no_text_is_unclaimed(data):
    assert kind(data, "LICENSE") == "unclaimed"


def test_a_pointer_is_text_whatever_its_name():
    assert kind("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n", "config.json") == "text"


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=300), st.sampled_from(["x", "x.py", "x.json", "README.md", "LICENSE", ".", "a!b"]))
def test_any_bytes(data, path):
    assert isinstance(kind(data, path), str)


@pytest.mark.parametrize(
    ("data", "path", "format_"),
    [
        (b"\x80\x09}q\x00.", "pytorch_model.bin", "pickle"),
        (b"\x80\x06\x95\x05\0\0\0\0\0\0\0", "x", "pickle"),
        (b"\x80\x09\xff\xff\xff", "x", "unclaimed"),
        (b"\x93NUMPY\x01\x00", "x.txt", "npy"),
        (b"(dp0\nS'weights'\np1\n(lp2\nI0\naI", "model.pkl", "pickle"),
        (b"\x00\x9f\xfd\x01", "model.joblib", "pickle"),
        (b"\x00\x9f\xfd\x01", "model.npz", "zip"),
        (b"\x00\x9f\xfd\x01", "a.pkl.zst", "compressed"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n", "model.pkl", "text"),
        (b"bom dia\n", "train.pt", "text"),
    ],
)
def test_what_only_a_name_promises_is_not_overlooked(data, path, format_):
    assert kind(data, path) == format_


@pytest.mark.parametrize("line", ["class A(A): pass\n", "class Cat:\n    pass\n", "import a\n"])
@pytest.mark.parametrize("count", [1, 2, 2500, 6000])
def test_lines_that_make_sense_as_opcodes_are_still_code(line, count):
    assert kind(line * count, "x.py") == "python"
    assert kind(line * count, "notes.txt") == "text"


def test_two_words_are_no_import():
    assert kind("cat\ndog\n", "labels.txt") == "text"
    assert kind("cat\ndog\n", "x.pt") == "pickle"  # cut off, and only a name says what it was


@pytest.mark.parametrize("before", ["", "N0" * 3000])
@pytest.mark.parametrize("name", ["x.py", "x.txt", "x.json"])
def test_a_pickle_is_found_whatever_its_name_says(before, name):
    assert kind(before + "cposix\nsystem\n(S'true'\ntR.", name) == "pickle"
