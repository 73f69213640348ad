"""Evidence about one revision: what trusted statements say, each word kept with the statement that says it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from assay.canonical import JSON
from assay.dossier.runs import NOT_RUN, RUN, Shown, shown_by
from assay.dossier.said import ASSESSMENT, CLAIM, RESULT, Result, Said, results_of
from assay.finding import Axis, Finding, Outcome

__all__ = ["Evidence", "Sourced", "gather"]

_MAX_FINDINGS = 50_000


class Sourced(NamedTuple):
    """A finding and the digest of the statement that reports it."""

    finding: Finding
    statement: str


class Evidence(NamedTuple):
    """All that counts about one revision; folding it into axes needs nothing else."""

    subject: str
    findings: tuple[Sourced, ...] = ()
    assessments: tuple[str, ...] = ()
    """Digests of the assessments in use; the first one decides, and its facts are `facts`."""
    facts: dict[str, JSON] = {}  # noqa: RUF012  # nobody changes it
    packs: tuple[dict[str, JSON], ...] = ()
    """What rule packs found, by the deciding assessment: for policies and readers, in no axis."""
    results: tuple[Result, ...] = ()
    runs: Shown = NOT_RUN
    """How far runs on real processors show that it is portable."""
    publications: tuple[str, ...] = ()
    """Digests of statements by which a trusted key says: I publish this."""
    signers: tuple[str, ...] = ()
    """Ids of the pinned keys that signed any of it, sorted."""
    disputes: tuple[tuple[Axis, str], ...] = ()
    """Where two trusted assessments disagree, in one sentence each."""
    aside: tuple[str, ...] = ()
    """Statements that decide nothing, and why, in one sentence each."""

    @property
    def standing(self) -> tuple[Sourced, ...]:
        """The findings without those that a statement has since answered: who publishes it, what it was shown to do."""
        answers = {RESULT: self.results, CLAIM: self.publications}
        return tuple(item for item in self.findings if not _answered(item.finding, answers))


class _Assessment(NamedTuple):
    said: Said
    findings: tuple[Finding, ...]
    facts: dict[str, JSON]


def _answered(finding: Finding, answers: Mapping[str, Sequence[object]]) -> bool:
    """Say whether a check left it to a type of statement to answer, and one is there."""
    return finding.outcome is Outcome.UNKNOWN and bool(answers.get(str(finding.detail.get("answered_by"))))


def gather(subject: str, said: Sequence[Said]) -> Evidence:
    """Collect what trusted statements say about the revision `subject`; the same voice's newest must come first.

    The reader's own assessment decides. Another party's assessment only adds what it found failing; when the reader
    has none, the first pinned one decides. A statement that decides nothing is named in `aside`.
    """
    aside: list[str] = []
    heard = list(_heard(subject, said, aside))
    assessments = _assessments(heard, aside)
    return Evidence(
        subject=subject,
        findings=tuple(_merged(assessments)),
        assessments=tuple(item.said.digest for item in assessments),
        facts=assessments[0].facts if assessments else {},
        packs=tuple(assessments[0].said.predicate.get("packs", ())) if assessments else (),
        results=tuple(sorted((r for item in heard if item.predicate_type == RESULT for r in results_of(item)),
                             key=lambda r: (r.benchmark, r.metric, r.statement))),
        runs=shown_by(item for item in heard if item.predicate_type == RUN),
        publications=tuple(item.digest for item in heard if _publishes(item)),
        signers=tuple(sorted({key for item in heard if item.pinned for key in item.signers})),
        disputes=tuple(_disputes(assessments)),
        aside=tuple(aside),
    )  # fmt: skip


def _heard(subject: str, said: Sequence[Said], aside: list[str]) -> Iterator[Said]:
    for item in said:
        if item.subject != subject:
            aside.append(f"Statement {item.digest[:12]} is about another revision ({item.subject[:12]}).")
        elif not item.trusted:
            aside.append(f"Statement {item.digest[:12]} is not signed by a key that is pinned here.")
        else:
            yield item


def _assessments(heard: Sequence[Said], aside: list[str]) -> list[_Assessment]:
    found: list[_Assessment] = []
    voices: set[tuple[str, ...]] = set()
    for item in sorted((one for one in heard if one.predicate_type == ASSESSMENT), key=lambda one: not one.own):
        read = _read(item)
        if read is None:
            aside.append(f"Assessment {item.digest[:12]} cannot be read.")
        elif item.voice in voices:
            aside.append(f"Assessment {item.digest[:12]} was replaced by a newer one.")
        else:
            voices.add(item.voice)
            found.append(read)
    return found


def _read(said: Said) -> _Assessment | None:
    listed, facts = said.predicate.get("findings"), said.predicate.get("facts", {})
    if not isinstance(listed, list) or not isinstance(facts, dict) or len(listed) > _MAX_FINDINGS:
        return None
    try:
        findings = tuple(Finding.from_json(item) for item in listed)
    except (KeyError, TypeError, ValueError):
        return None
    texts = [text for one in findings for text in (one.rule, one.message, one.fix or "", one.file or "")]
    return _Assessment(said, findings, facts) if all(isinstance(text, str) for text in texts) else None


def _merged(assessments: Sequence[_Assessment]) -> Iterator[Sourced]:
    seen: set[tuple[str | None, ...]] = set()
    for rank, one in enumerate(assessments):
        for finding in one.findings:
            place = (finding.rule, finding.outcome, finding.file, str(finding.location))
            if rank == 0 or (finding.outcome is Outcome.FAIL and place not in seen):
                seen.add(place)
                yield Sourced(finding, one.said.digest)


def _disputes(assessments: Sequence[_Assessment]) -> Iterator[tuple[Axis, str]]:
    if len(assessments) < 2:
        return
    first = _by_rule(assessments[0])
    for other in assessments[1:]:
        for rule, (axis, outcome) in _by_rule(other).items():
            mine = first.get(rule, (axis, outcome))[1]
            if {mine, outcome} == {Outcome.PASS, Outcome.FAIL}:
                yield axis, (f"disputed: {rule} is {mine} in assessment {assessments[0].said.digest[:12]} "
                             f"and {outcome} in {other.said.digest[:12]}")  # fmt: skip


def _by_rule(assessment: _Assessment) -> dict[str, tuple[Axis, Outcome]]:
    order = (Outcome.PASS, Outcome.UNKNOWN, Outcome.FAIL)
    worst: dict[str, tuple[Axis, Outcome]] = {}
    for finding in assessment.findings:
        _, before = worst.get(finding.rule, (finding.axis, Outcome.PASS))
        worst[finding.rule] = (finding.axis, max(before, finding.outcome, key=order.index))
    return worst


def _publishes(said: Said) -> bool:
    return said.predicate_type == CLAIM and said.predicate.get("claim") == "publishes"
