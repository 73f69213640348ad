"""What every report for people tells, in the same words: alike findings folded, worst first, and what to type next."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from assay.canonical import JSON
from assay.finding import Outcome, Severity
from assay.reports.escape import visible
from assay.reports.scan import is_suppressed
from assay.reports.style import VERDICT_WORDS

__all__ = [
    "Group",
    "Step",
    "command",
    "counts_text",
    "findings_text",
    "flip_title",
    "groups",
    "next_steps",
    "pack_groups",
    "pack_text",
    "place",
    "quantity",
    "reason_text",
    "size_text",
    "source_text",
]

_SUPPRESSED = "suppressed"
_STANDING = {"refuse": 0, "undecided": 1, "admit": 2}
_UNITS = ("kB", "MB", "GB", "TB", "PB")
_OF_PACK = re.compile(r"[a-z][a-z0-9-]*/[a-z][a-z0-9-]*")
_RANK = {severity.value: severity.rank for severity in Severity}


class Group(NamedTuple):
    """Findings that say the same, at one or many places."""

    rule: str
    axis: str
    outcome: str
    severity: str
    message: str
    fix: str | None
    places: tuple[str, ...]
    """Where, in the order found; empty when the whole artifact is meant. Not yet made visible."""
    times: int

    @property
    def code(self) -> str:
        """The short form of the rule id, as `assay explain` takes it; a rule of a pack has none."""
        return self.rule if _OF_PACK.fullmatch(self.rule) else self.rule.split("-", 1)[0]

    @property
    def word(self) -> str:
        """The severity of a failure, or `unknown`, or `suppressed`."""
        return self.severity if self.outcome == Outcome.FAIL else self.outcome


class Step(NamedTuple):
    """A command to type next and why."""

    command: str
    why: str


def place(finding: dict[str, JSON]) -> str:
    """Return `file, location`; empty when a finding names neither."""
    return ", ".join(part for part in (finding["file"], finding["location"]) if part)


def groups(scan: dict[str, JSON]) -> list[Group]:
    """Return what fails and what is unknown: failures before unknowns, the worst first, then in order found.

    Unknown findings that only repeat `not_judged` are left out: that list is shown by itself.
    """
    unread = {(item["file"], f"not judged: {item['reason']}") for item in scan["not_judged"]}
    folded: dict[tuple[JSON, ...], list[dict[str, JSON]]] = {}
    for one in scan["findings"]:
        if one["outcome"] == Outcome.PASS or (one["file"], one["message"]) in unread:
            continue
        key = (*(one[name] for name in ("rule", "outcome", "severity", "message", "fix")), _said_of(one))
        folded.setdefault(key, []).append(one)
    made = [_group(alike) for alike in folded.values()]
    return sorted(made, key=lambda group: (group.outcome != Outcome.FAIL, -_RANK.get(group.severity, 0)))


def _group(alike: list[dict[str, JSON]]) -> Group:
    first = alike[0]
    places = tuple(dict.fromkeys(filter(None, map(place, alike))))
    outcome = _SUPPRESSED if is_suppressed(first) else first["outcome"]
    return Group(first["rule"], first["axis"], outcome, first["severity"], first["message"] + _said_of(first),
                 first["fix"], places, len(alike))  # fmt: skip


def _said_of(one: dict[str, JSON]) -> str:
    """Return what the policy says of a finding that it suppresses, or did until a day that is gone."""
    mark = one.get("suppression")
    if mark is None:
        return ""
    when = f"suppressed until {mark['until']}" if is_suppressed(one) else f"suppression expired after {mark['until']}"
    return f" [{when} by policy {mark['policy']}: {mark['reason']}]"


def findings_text(found: Iterable[Group]) -> str:
    """Return `1 critical, 2 high, 1 unknown`, worst first; empty when there is nothing."""
    tally: dict[str, int] = {}
    for group in found:
        tally[group.word] = tally.get(group.word, 0) + group.times
    return ", ".join(f"{count:,} {word}" for word, count in tally.items())


def counts_text(scan: dict[str, JSON]) -> str:
    """Return what the checks came to beside failures: `9 checks passed, 1 file not judged, 2 not examined`."""
    passed = sum(1 for one in scan["findings"] if one["outcome"] == Outcome.PASS)
    parts = [f"{quantity(passed, 'check')} passed"]
    if scan["not_judged"]:
        parts.append(f"{quantity(len(scan['not_judged']), 'file')} not judged")
    if scan["not_examined"]:
        parts.append(f"{quantity(len(scan['not_examined']), 'file')} not examined")
    return ", ".join(parts)


def source_text(scan: dict[str, JSON]) -> str:
    """Return what was judged: `folder, 6 files, 13.5 GB`."""
    files = scan["artifact"]["files"]
    size = sum(file["size"] for file in files)
    return f"{scan['artifact']['source']}, {quantity(len(files), 'file')}, {size_text(size)}"


def reason_text(reason: dict[str, JSON]) -> str:
    """Return what one rule of the policy says; its sentence stands only where it refuses or might."""
    if reason["outcome"] == "admit":
        return "not against"
    if reason["outcome"] != "undecided":
        return str(reason["say"])
    missing = ", ".join(reason.get("missing", []))
    return f"{reason['say']} Cannot be decided{f': {missing} not known' if missing else ''}."


def flip_title(flip: dict[str, JSON], now: str) -> str:
    """Return what stands above the changes that lead from the verdict `now` to another one."""
    then = flip["verdict"]
    word = VERDICT_WORDS.get(then, "undecided")
    if _STANDING.get(then, 0) > _STANDING.get(now, 0):
        return f"To be {word}:" if len(flip["changes"]) == 1 else f"To be {word}, all of these:"
    return f"Would be {word} after:"


def next_steps(scan: dict[str, JSON]) -> list[Step]:
    """Return at most three commands that help most after this scan."""
    name = scan["artifact"]["name"]
    local = scan["artifact"]["source"] in ("folder", "file")
    found = groups(scan)
    failing = [group for group in found if group.outcome == Outcome.FAIL]
    lines = []
    if found:
        trace = ("--trace", name) if failing and command(name) else ()
        lines.append((("assay", "explain", found[0].code, *trace), "why, and how to fix"))
    if local and any("assay fix" in (group.fix or "") for group in failing):
        lines.append((("assay", "fix", name), "safe repairs"))
    if scan["verdict"]["outcome"] == "admit" and not failing:
        signed = (scan["statement"] or {}).get("keyid")
        lines.append((("assay", "verify" if signed else "attest", name), "check it offline" if signed else "sign this"))
    return [Step(line, why) for words, why in lines if (line := command(*words)) is not None]


def command(*words: str) -> str | None:
    """Return a command line to type; None when a word has characters that should not be pasted into a shell."""
    if any(visible(word, unicode=False) != word or word.startswith("-") for word in words if word != "--trace"):
        return None
    return " ".join(word if re.fullmatch(r"[\w@%+=:,./-]+", word, re.ASCII) else shlex.quote(word) for word in words)


def pack_text(pack: Mapping[str, JSON]) -> str:
    """Return whose a rule pack is and how much it found: theirs, and in no axis."""
    told = quantity(len(pack["findings"]), "finding") if pack["findings"] else "nothing found"
    return f"Rule pack {pack['id']} {pack['version']} by {pack['maker']}, in no axis: {told}"


def pack_groups(pack: Mapping[str, JSON]) -> list[Group]:
    """Return what a rule pack found, folded as our own findings are; `unknown` is where it gave up."""
    return groups({"findings": pack["findings"], "not_judged": []})


def quantity(count: int, one: str, many: str | None = None) -> str:
    """Return `1 file`, `2 files`."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def size_text(size: int) -> str:
    """Return a number of bytes for people: `512 B`, `1.2 kB`, `13.5 GB` (powers of 1000)."""
    if size < 1000:
        return f"{size} B"
    power = 1
    while size >= 999.95 * 1000**power and power < len(_UNITS):
        power += 1
    return f"{size / 1000**power:.1f} {_UNITS[power - 1]}"
