"""SEC204: YAML that asks for more than plain data."""

from __future__ import annotations

import re
from collections.abc import Iterator

from assay.artifact.revision import Revision
from assay.checks import check, fail
from assay.checks.code_flow import limited
from assay.checks.wording import shown
from assay.finding import Fact, Finding, Severity
from assay.rules import load

__all__ = ["yaml_object_tag"]

_CALLS = ("object/apply", "object/new", "!ruby/", "!!java", "!!javax", "module", "name:os", "name:subprocess")


@check("SEC204-yaml-object-tag", severity=Severity.HIGH, claims=("yaml",))
@limited
def yaml_object_tag(revision: Revision) -> Iterator[Finding | Fact]:
    """No YAML asks its reader to make objects or call functions.

    A tag such as `!!python/object/apply:os.system` makes a loader that is not told otherwise call that function. Tags
    for tuples and plain values, which PyYAML writes itself, are ordinary.

    Sample: `!!python/object/apply:os.system ["id"]`.

    Fix: write plain values, and read them with `yaml.safe_load`.

    References: CWE-502, CVE-2017-18342, CVE-2020-14343, CVE-2021-37678.
    """
    rules = load("config_code")["entries"]
    harmless, calling = re.compile(rules["harmless-tags"]), re.compile(rules["calling-tags"])
    for seen in revision.seen("yaml", "card", "text"):
        for tag, line in _tags(seen.facts, seen.observation.format):
            if harmless.match(tag) or not calling.search(tag):
                continue
            severity = Severity.CRITICAL if any(part in tag for part in _CALLS) else Severity.HIGH
            yield fail(
                yaml_object_tag, f"YAML asks for more than plain data: {shown(tag)}", file=seen.file,
                location=seen.at(f"line {line}"), severity=severity, detail={"tag": shown(tag, 200)},
                fix="Write plain values, and read them with yaml.safe_load.",
            )  # fmt: skip
        for problem in seen.problems:
            if problem.code == "front-matter-tag" and calling.search(problem.message):
                yield fail(
                    yaml_object_tag, f"the card asks for more than plain data: {shown(problem.message)}",
                    file=seen.file, location=seen.at(), fix="Write plain values in the front matter.",
                )  # fmt: skip


def _tags(facts: dict[str, object], format_: str) -> Iterator[tuple[str, int]]:
    tags = facts.get("tags")
    for tag in tags if isinstance(tags, list) else ():
        yield str(tag["tag"]), int(tag["line"])
    text = facts.get("text")
    if format_ == "text" and isinstance(text, str) and "!!python/object" in text:
        for number, line in enumerate(text.splitlines(), 1):
            found = re.match(r"[\s\w\"'-]*:?\s*(!!python/object\S*)", line)
            if found is not None:
                yield found[1], number
