"""SEC204: tags that make objects; those for plain values are ordinary."""

from __future__ import annotations

import pytest
from tests.make.revisions import judged, revision

from assay.finding import Severity

FAILING = revision({"a.yaml": b"x: !!python/object/apply:os.system ['id']\n"})
PASSING = revision({"a.yaml": b"x: !!python/tuple [1, 2]\ny: !include other.yaml\nz: !!binary aGk=\n"})


@pytest.mark.parametrize(
    ("text", "severity"),
    [
        ("!!python/object/apply:subprocess.Popen [[id]]\n", Severity.CRITICAL),
        ("a: 1\n---\n- !!python/object/new:os.system [id]\n", Severity.CRITICAL),
        ("x: !!python/name:os.system\n", Severity.CRITICAL),
        ("x: !!python/object:mine.Class {}\n", Severity.HIGH),
        ("%TAG ! tag:yaml.org,2002:python/\n---\nx: !object/apply:os.system [id]\n", Severity.CRITICAL),
        ("x: !ruby/object:Gem::Installer\n", Severity.CRITICAL),
    ],
)
def test_tags_that_call(text, severity):
    assert [item.severity for item in judged("SEC204", revision({"a.yaml": text.encode()}))] == [severity]


def test_the_front_matter_of_a_card_and_files_without_a_suffix_are_looked_at():
    card = b"---\nlicense: !!python/object/apply:os.system ['id']\n---\n# A\n"
    assert judged("SEC204", revision({"README.md": card}))
    assert judged("SEC204", revision({"MLmodel": b"a: 1\nflavors: !!python/object/apply:os.system ['id']\n"}))
