"""The report for pull requests and job summaries: GitHub-flavoured Markdown in which nothing from a model is markup."""

from __future__ import annotations

import re
from collections.abc import Iterator

from assay.canonical import JSON
from assay.reports.escape import clipped
from assay.reports.story import (
    Group,
    counts_text,
    findings_text,
    flip_title,
    groups,
    next_steps,
    pack_groups,
    pack_text,
    quantity,
    reason_text,
    source_text,
)
from assay.reports.style import AXIS_NAMES, OUTCOME_WORDS, VERDICT_WORDS, Style, mark

__all__ = ["render"]

_LIMIT = 500
_GROUPS = 50
_FILES = 50
_MARKUP = re.compile(r"[\\`*_{}\[\]()<>#+!|~$&.=-]")
_TRIGGER = re.compile(r"([@#:])(?=\S)")
"""Signs that hosts turn into mentions, references, emoji and links even where no markup stands."""


def render(scan: dict[str, JSON], style: Style) -> str:  # noqa: ARG001  one signature for all formats
    """Return the report; long lists are folded or cut, and say so."""
    blocks = [_head(scan), _axes(scan), _findings(scan), _packs(scan), _unread(scan)]
    blocks += [_verdict(scan), _steps(scan), _basis(scan)]
    return "\n".join("\n".join(lines) + "\n" for lines in map(list, blocks) if lines)


def _prose(text: object) -> str:
    """Return text in which every character stands for itself, in a paragraph or a table."""
    escaped = _MARKUP.sub(r"\\\g<0>", clipped(text, _LIMIT))
    return _TRIGGER.sub(r"\1<!-- -->", escaped)


def _code(text: object) -> str:
    """Return text as a code span, fenced by more backticks than it holds."""
    shown = clipped(text, _LIMIT)
    fence = "`" * (max(map(len, re.findall("`+", shown)), default=0) + 1)
    pad = " " if shown[:1] in ("`", " ", "") or shown[-1:] in ("`", " ") else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def _head(scan: dict[str, JSON]) -> Iterator[str]:
    outcome = scan["verdict"]["outcome"]
    word = VERDICT_WORDS.get(outcome, "undecided").capitalize()
    yield f"## {mark(outcome)} {word}: {_code(scan['artifact']['name'])}"
    yield ""
    bare = "" if scan["isolation"] == "isolated" else f", {scan['isolation']}"
    yield _prose(f"{source_text(scan)}{bare}")


def _axes(scan: dict[str, JSON]) -> Iterator[str]:
    yield "| | Axis | Outcome | Why |"
    yield "|---|---|---|---|"
    for name, title in AXIS_NAMES.items():
        state = scan["axes"][name]
        word = OUTCOME_WORDS.get(state["outcome"], "unknown")
        yield f"| {mark(word)} | **{title}** | {word} | {_prose(state['reason'])} |"


def _findings(scan: dict[str, JSON]) -> Iterator[str]:
    found = groups(scan)
    yield "### Findings"
    yield ""
    yield f"{(findings_text(found) or 'Nothing failed').capitalize()} ({counts_text(scan)})."
    yield ""
    yield from _listed(found)


def _listed(found: list[Group]) -> Iterator[str]:
    for group in found[:_GROUPS]:
        yield from _group(group)
    if len(found) > _GROUPS:
        yield f"- and {len(found) - _GROUPS:,} more; all of them with `--format json`"


def _group(group: Group) -> Iterator[str]:
    more = len(group.places) - 1
    where = f" in {_code(group.places[0])}" if group.places else ""
    others = f" and {quantity(more, 'more place')}" if more > 0 else ""
    yield f"- **{group.word}** {_prose(group.message)}  "
    yield f"  {_code(group.rule)}{where}{others}" + ("  " if group.fix else "")
    if group.fix:
        yield f"  Fix: {_prose(group.fix)}"


def _packs(scan: dict[str, JSON]) -> Iterator[str]:
    """What rule packs found: theirs, named as such."""
    for pack in scan.get("packs", ()):
        yield f"### {_prose(pack_text(pack))}"
        yield ""
        yield from _listed(pack_groups(pack))


def _unread(scan: dict[str, JSON]) -> Iterator[str]:
    for key, title in (
        ("not_judged", "Not judged, and so not passed"),
        ("not_examined", "Not examined: no check claims these"),
    ):
        items = scan[key]
        if not items:
            continue
        yield f"<details><summary>{title} ({quantity(len(items), 'file')})</summary>"
        yield ""
        for item in items[:_FILES]:
            yield f"- {_code(item)}" if isinstance(item, str) else f"- {_code(item['file'])}: {_prose(item['reason'])}"
        if len(items) > _FILES:
            yield f"- and {quantity(len(items) - _FILES, 'more file')}"
        yield ""
        yield "</details>"


def _verdict(scan: dict[str, JSON]) -> Iterator[str]:
    verdict = scan["verdict"]
    outcome = verdict["outcome"]
    yield "### Verdict"
    yield ""
    yield f"{mark(outcome)} **{VERDICT_WORDS.get(outcome, 'undecided')}** by policy {_code(verdict['policy'])}"
    yield ""
    for reason in verdict["because"]:
        yield f"- {mark(reason['outcome'])} {_code(reason['name'])} {_prose(reason_text(reason))}"
    for flip in verdict["would_change_if"]:
        yield ""
        yield flip_title(flip, outcome)
        yield ""
        yield from (f"- {_prose(change)}" for change in flip["changes"])


def _steps(scan: dict[str, JSON]) -> Iterator[str]:
    steps = next_steps(scan)
    if steps:
        yield "### Next"
        yield ""
        yield "```sh"
        yield from (step.command for step in steps)
        yield "```"


def _basis(scan: dict[str, JSON]) -> Iterator[str]:
    tool, statement = scan["tool"], scan["statement"] or {}
    told = [f"{_prose(tool['name'])} {_prose(tool['version'])}, rules {_code(str(tool['rules'])[:16])}"]
    told += [
        f"rule pack {_prose(pack['id'])} {_prose(pack['version'])} {_code(str(pack['digest'])[:16])}"
        for pack in scan.get("packs", ())
    ]
    if scan["artifact"]["dirhash"]:
        told.append(f"dirHash {_code(scan['artifact']['dirhash'])}")
    if statement:
        signer = f"signed by {_code(statement['keyid'])}" if statement["keyid"] else "not signed"
        told.append(f"statement {_code(statement['digest'])}, {signer}")
    yield f"<sub>{'; '.join(told)}</sub>"
