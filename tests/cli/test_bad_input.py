"""Bad paths, bad names, files that move: a clear error with a hint, and never a traceback."""

import os
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.make.pickle_parts import SHELL

from assay.artifact.blob import BytesBlob
from assay.artifact.sources.local import LocalSource, open_local
from assay.assess import assess
from assay.cli.main import main
from assay.errors import ChangedError
from assay.reports import format_names


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


def refused(answer, *words):
    code, out, err = answer
    assert (code, out) == (2, "")
    assert err.startswith("assay: ")
    assert err.count("\n") == 2, "an error and a hint"
    assert all(word in err for word in words), err


def test_a_path_that_is_not_there(scan, tmp_path):
    refused(scan(tmp_path / "nothing"), "nothing", "does not exist")


def test_an_empty_path_is_not_the_folder_one_is_in(scan, model, monkeypatch):
    (model / "config.json").write_text("{}")
    monkeypatch.chdir(model)
    refused(scan(""), "empty path")
    refused(scan(" "), "empty path")
    assert scan(".")[0] in (0, 3)


def test_a_path_too_long_for_the_system(scan):
    refused(scan("x" * 5000), "too long")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root reads everything")
def test_a_file_that_may_not_be_read(scan, model):
    (model / "secret.json").write_text("{}")
    (model / "secret.json").chmod(0)
    refused(scan(model), "secret.json", "ermission")


def test_circles_and_ways_out(scan, model):
    (model / "loop").symlink_to("loop")
    refused(scan(model), "loop", "circle")
    refused(scan(model / "loop"), "loop")
    (model / "loop").unlink()
    (model / "up").symlink_to("..")
    refused(scan(model), "up", "outside the artifact")
    (model / "up").unlink()
    (model / "out").symlink_to("/etc/hostname")
    refused(scan(model), "out", "outside the artifact")


def test_a_cache_whose_links_lead_into_folders_has_an_end(scan, tmp_path):
    snapshot = tmp_path / "models--a--b" / "snapshots" / ("0" * 40)
    blobs = tmp_path / "models--a--b" / "blobs" / "folder"
    snapshot.mkdir(parents=True)
    blobs.mkdir(parents=True)
    (snapshot / "x").symlink_to(blobs)
    (blobs / "x").symlink_to(blobs)
    refused(scan(snapshot), "x is a symbolic link")


def test_folders_nested_deeper_than_a_path_may_be_long(scan, model, monkeypatch):
    monkeypatch.chdir(model)
    for _ in range(25):
        Path("x" * 200).mkdir()
        os.chdir("x" * 200)
    refused(scan(model), "too long")


def test_pipes_and_devices_are_not_opened(scan, model):
    os.mkfifo(model / "pipe")
    started = time.monotonic()
    refused(scan(model), "pipe", "no regular file")
    refused(scan(model / "pipe"), "pipe", "no regular file")
    refused(scan("/dev/zero"), "zero", "no regular file")
    assert time.monotonic() - started < 5


@pytest.mark.parametrize("name", ["a\nb.json", "a\rb", "\x1b]0;owned\x07", "back\\slash", b"\xff\xfe.json", "a\x7f"])
def test_names_that_cannot_be_carried(scan, model, name):
    (model / os.fsdecode(name)).write_text("{}")
    refused(scan(model), "Rename")


@pytest.mark.parametrize("names", [("A.json", "a.json"), ("ä", "a\u0308"), ("straße", "STRASSE")])
def test_names_that_could_not_lie_side_by_side(scan, model, names):
    for name in names:
        (model / name).write_text("{}")
    if len(list(model.iterdir())) == len(names):  # this file system tells them apart
        refused(scan(model), "only in case or Unicode form")


HOSTILE = (
    "\u202egnp.nib",
    "<img src=x onerror=alert(1)>.bin",
    "`$(reboot)`|@a [x](javascript:y)",
    "=cmd()",
    "\u2028.py",
)


@pytest.mark.parametrize("format_", format_names())
def test_a_hostile_name_commands_no_terminal(scan, tmp_path, format_):
    folder = tmp_path / "\x1b[31m\n\u202egpj"
    folder.mkdir()
    # Control characters are refused in a file's name, yet these pass: what turns text around, and what is markup.
    for name in HOSTILE:
        (folder / name).write_bytes(SHELL)
    code, out, err = scan(folder, "--format", format_)
    assert code in (1, 3)
    assert err == ""
    assert not any(char in out for char in "\x1b\u202e\u2028\x07\r")
    if format_ == "html":
        assert "<img" not in out
        assert "onerror=alert(1)&gt;" in out or "&lt;img" in out


def test_a_folder_with_nothing_in_it_is_no_model(scan, model):
    refused(scan(model, "--format", "json"), "holds no files")


def test_a_path_that_is_not_utf8_can_be_scanned(assay, tmp_path):
    folder = tmp_path / os.fsdecode(b"\xff")
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    for format_ in ("text", "json"):
        ran = assay("scan", folder, "--format", format_)
        assert ran.code in (0, 3), ran.err
        assert "\\xff" in ran.out or "\\udcff" in ran.out


class Moving(LocalSource):
    """A folder in which something happens to a file between its first byte and its last."""

    def __init__(self, root, happen):
        super().__init__(root, kind="folder", name="model", git_commit=None, blobs=None)
        self.happen = happen

    @contextmanager
    def open(self, entry):
        with super().open(entry) as blob:
            self.happen(self.root / entry.path)
            yield blob


@pytest.mark.parametrize(
    "happen",
    [
        lambda path: os.utime(path, (1, 1)),
        lambda path: path.write_bytes(b"{}      "),
        lambda path: path.write_bytes(path.read_bytes() + b" "),
        lambda path: os.truncate(path, 1),
    ],
)
def test_a_file_that_changes_while_it_is_read(model, happen):
    (model / "config.json").write_text('{"a": 1}')
    with pytest.raises(ChangedError, match=r"config\.json") as caught:
        assess(Moving(model, happen))
    assert caught.value.hint()


def test_a_file_replaced_by_a_link_after_it_was_listed(model):
    (model / "config.json").write_text("{}")
    source = open_local(model)
    (entry,) = source.entries()
    (model / "config.json").unlink()
    (model / "config.json").symlink_to("/etc/hostname")
    with pytest.raises(Exception, match=r"cannot open config\.json"), source.open(entry):
        pass


def test_evidence_that_is_none_is_refused_by_name(scan, model):
    (model / "config.json").write_text("{}")
    (model / ".assay").mkdir()
    (model / ".assay" / "run.py").write_text("")
    refused(scan(model), "run.py", "no evidence")


def test_bytes_served_short_are_a_change_and_not_a_finding(model):
    class Short(BytesBlob):
        @property
        def size(self):
            return super().size + 10

    class Shrinking(LocalSource):
        @contextmanager
        def open(self, entry):
            yield Short(b"{}")

    (model / "config.json").write_bytes(b"{}" + b" " * 10)
    with pytest.raises(ChangedError):
        assess(Shrinking(model, kind="folder", name="m", git_commit=None, blobs=None))
