"""Any bytes as any file end in a statement, a dossier, a verdict and reports; the same twice, and never in a crash."""

import random
from contextlib import contextmanager

import pytest
from tests.make.chaos import copies, mutated, random_files

from assay.artifact.blob import BytesBlob
from assay.artifact.sources import Entry
from assay.assess import assess
from assay.canonical import sha256_hex
from assay.cli.answer import exit_code
from assay.dossier import Said, fold
from assay.policy import decide, load_policy
from assay.reports import format_names, render, scan_report
from assay.statements.statement import Statement


class Memory:
    """A folder that is on no disk."""

    kind, name, git_commit, whole = "folder", "memory", None, True

    def __init__(self, files):
        self.files = files

    def entries(self):
        return [Entry(path, len(self.files[path])) for path in sorted(self.files, key=str.encode)]

    @contextmanager
    def open(self, entry):
        yield BytesBlob(self.files[entry.path])


def judged(files):
    """Take `files` the whole way; return the statement."""
    payload = assess(Memory(files)).statement
    statement = Statement.parse(payload)
    own = Said(statement.predicate_type, statement.predicate, statement.dirhash, sha256_hex(payload), own=True)
    dossier = fold(statement.dirhash, [own])
    axes = {one.axis.value: {"outcome": one.outcome.value, "reason": one.reason} for one in dossier.axes}
    for name in ("default", "commercial"):
        verdict = decide(dossier, load_policy(name)).to_json()
        scan = scan_report("memory", "folder", statement.predicate, axes, verdict, isolation="isolated")
        for format_ in format_names():
            text = render(format_, scan)
            text.encode()
            assert "\x1b" not in text
        assert exit_code(scan) in (0, 1, 3)
        assert exit_code(scan) != 0 or not statement.predicate["not_judged"]
    return payload


@pytest.mark.parametrize("seed", range(8))
def test_random_bytes_under_every_telling_name(seed):
    files = dict(random_files(seed))
    assert judged(files) == judged(files)


@pytest.mark.parametrize("seed", [0, 1, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(2, 8))])
def test_examples_after_an_accident(seed, example_folders):
    chance = random.Random(seed)
    for folder in example_folders.values():
        files = copies(folder)
        for path in chance.sample(sorted(files), 2):
            files[path] = mutated(files[path], chance)
        judged(files)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 130))
def test_many_accidents(seed, example_folders):
    chance = random.Random(seed)
    for folder in example_folders.values():
        original = copies(folder)
        for path in sorted(original):
            for _ in range(3):
                assess(Memory({**original, path: mutated(original[path], chance)}))
    for at in range(20):
        assess(Memory(dict(random_files(1000 * seed + at))))
