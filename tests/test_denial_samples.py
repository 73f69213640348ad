"""The loads of `bench/samples/denial`: enough of them, each with a name and a source, written inside their folder."""

import importlib
import sys
from pathlib import Path

import pytest

BENCH = Path(__file__).parents[1] / "bench"


@pytest.fixture(scope="module")
def every_load():
    sys.path.insert(0, str(BENCH))
    try:
        return list(importlib.import_module("samples.denial").loads())
    finally:
        sys.path.remove(str(BENCH))


def test_there_are_enough_and_each_has_its_own_name_and_a_source(every_load):
    names = [one.name for one in every_load]
    assert len(names) >= 200
    assert len(set(names)) == len(names)
    assert all(one.source for one in every_load)


def test_every_kind_of_file_is_among_them(every_load):
    kinds = {one.name.split("-")[0] for one in every_load}
    assert kinds >= {"pickle", "zip", "tar", "gzip", "bzip2", "xz", "lz4", "zlib", "7z", "json", "yaml", "xml",
                     "template", "notebook", "python", "near", "requirements", "model", "tree", "unicode",
                         "jsonl"}  # fmt: skip


@pytest.mark.parametrize(
    "name", ["yaml-laughs", "zip-in-itself", "model-hdf5-tree-circle", "tree-circle", "pickle-itself"]
)
def test_a_load_writes_into_its_folder_and_the_same_each_time(every_load, tmp_path, name):
    load = next(one for one in every_load if one.name == name)
    written = []
    for place in ("first", "second"):
        folder = tmp_path / place
        folder.mkdir()
        load.make(folder)
        files = sorted(path for path in folder.rglob("*") if not path.is_symlink() and path.is_file())
        written.append([(path.relative_to(folder), path.read_bytes()) for path in files])
    assert written[0] == written[1]
    assert written[0]
    assert sum(len(data) for _, data in written[0]) < 64 << 20
