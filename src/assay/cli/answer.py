"""From what was typed to an answer: assessed in a child, folded with the evidence beside it, decided by a policy."""

from __future__ import annotations

import datetime as dt
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from assay.artifact.sources import Source
from assay.artifact.sources.local import LocalSource, open_local
from assay.assessment import Assessment
from assay.canonical import JSON, sha256_hex
from assay.cli.progress import Progress
from assay.cli.rule_packs import enabled_packs
from assay.dossier import Dossier, Said
from assay.errors import PathError, UsageError
from assay.finding import Outcome, Severity
from assay.isolate.parent import ChildLimits, assess_isolated
from assay.isolate.process import Child
from assay.policy import Decision, Policy, Verdict, load_policy
from assay.reports.answer import folded
from assay.reports.scan import is_suppressed
from assay.statements.statement import Statement

if TYPE_CHECKING:
    from assay.statements.evidence import Evidence

__all__ = ["Answer", "answer", "assessed", "exit_code", "open_source", "pinned_keys", "said_beside"]


class Answer(NamedTuple):
    """All that a command may want to show of one target."""

    source: Source
    assessment: Assessment
    dossier: Dossier
    verdict: Verdict
    scan: dict[str, JSON]
    """The `assay.scan/v1` object."""


def open_source(target: str, environ: Mapping[str, str] = os.environ) -> Source:
    """Return the source that `target` names: a path, the address of a repo page, or ORG/NAME on `HF_ENDPOINT`.

    A file that begins as a bundle does is opened as one.

    Raises:
        SourceError: nothing is there.
        BundleError: it is a bundle that does not hold.
        UsageError: an address of another kind, or nothing at all.
    """
    if not target.strip():
        raise UsageError("an empty path names nothing", hint="For the folder you are in, type a dot.")
    if re.match(r"(?i)https?://", target):
        return _on_hub(target, environ)
    path = Path(target)
    if not path.exists() and not path.is_symlink() and re.fullmatch(r"[\w.-]+/[\w.-]+(@[\w./-]+)?", target):
        endpoint = environ.get("HF_ENDPOINT")
        if not endpoint:
            raise PathError(
                f"{target} does not exist here, and no hub is configured",
                hint="For a repo on a hub, set HF_ENDPOINT or give the address of its page.",
            )
        return _on_hub(target, environ)
    if path.is_file():
        from assay.exchange import BundleSource, is_bundle  # noqa: PLC0415  # brings in cryptography

        if is_bundle(path):
            return BundleSource(path)
    return open_local(path)


def _on_hub(address: str, environ: Mapping[str, str]) -> Source:
    from assay.artifact.sources.hub import open_hub  # noqa: PLC0415  # brings in HTTP and TLS
    from assay.egress import Egress  # noqa: PLC0415

    return open_hub(
        address,
        Egress(allow_private=True),
        endpoint=environ.get("HF_ENDPOINT"),
        token=environ.get("HF_TOKEN"),
    )


def assessed(
    target: str | Source,
    *,
    child: ChildLimits | None = None,
    process: Child | None = None,
    environ: Mapping[str, str] = os.environ,
) -> Assessment:
    """Assess `target` in a child process, with a line of progress, by our rules and the packs that were enabled.

    Raises:
        RulesError: a rule pack is not the one that was enabled.
        AssayError: it cannot be reached, or could not be judged.
    """
    source = open_source(target, environ) if isinstance(target, str) else target
    packs = enabled_packs(environ)
    with Progress("judging") as progress:
        return assess_isolated(source, child=child, process=process, on_file=progress.file, packs=packs)


def answer(
    target: str,
    *,
    policy: Policy | str = "default",
    child: ChildLimits | None = None,
    process: Child | None = None,
    pinned: Sequence[str] = (),
    environ: Mapping[str, str] = os.environ,
    today: dt.date | None = None,
) -> Answer:
    """Judge `target` and decide by `policy`; `pinned` are ids of keys whose statements count as evidence.

    `today` is the day on which suppressions of the policy still count; None for the one it is, in UTC.

    Raises:
        AssayError: it cannot be reached, could not be judged, or the policy is not well formed.
    """
    rules = load_policy(policy) if isinstance(policy, str) else policy
    source = open_source(target, environ)
    assessment = assessed(source, child=child, process=process, environ=environ)
    statement = Statement.parse(assessment.statement)
    if not statement.predicate["files"]:
        raise PathError(f"{target} holds no files to judge", hint="Check the path; a download may have failed.")
    subject = statement.dirhash or str(source.git_commit)
    own = Said(statement.predicate_type, statement.predicate, subject, sha256_hex(assessment.statement), own=True)
    found = folded(
        target,
        source.kind,
        own,
        said_beside(source, subject, pinned, environ),
        rules,
        isolation=assessment.isolation,
        git_commit=source.git_commit,
        today=today or dt.datetime.now(tz=dt.UTC).date(),
    )
    return Answer(source, assessment, found.dossier, found.verdict, found.scan)


def said_beside(
    source: Source, subject: str, pinned: Sequence[str] = (), environ: Mapping[str, str] = os.environ
) -> list[Said]:
    """Return the statements beside the source, in `.assay/` or in its bundle, that are about this very revision.

    Raises:
        StatementError: the evidence folder holds something that is no evidence, or a signature does not hold.
    """
    evidence = _evidence(source)
    if evidence is None:
        return []
    from assay.cli.evidence import own_keyid, said_by  # noqa: PLC0415  # brings in cryptography

    return [one for one in said_by(evidence.verified(pinned), own_keyid(environ)) if one.subject == subject]


def _evidence(source: Source) -> Evidence | None:
    if isinstance(source, LocalSource) and source.kind == "folder" and (source.root / ".assay").is_dir():
        from assay.statements.evidence import FOLDER, read_evidence  # noqa: PLC0415  # as above

        return read_evidence(source.root / FOLDER)
    return getattr(source, "evidence", None)


def pinned_keys(paths: Sequence[str]) -> tuple[str, ...]:
    """Return the ids of the public keys in the PEM files at `paths`.

    Raises:
        UsageError: a file cannot be read.
        StatementError: a file holds no public key.
    """
    if not paths:
        return ()
    from assay.statements.keys import PublicKey  # noqa: PLC0415  # brings in cryptography

    keys = []
    for path in paths:
        try:
            keys.append(PublicKey(Path(path).read_bytes()).keyid)
        except OSError as error:
            raise UsageError(f"cannot read the key {path}: {error.strerror}") from error
    return tuple(keys)


def exit_code(scan: Mapping[str, JSON], fail_on: str = "high") -> int:
    """Return 1 when refused or a finding at or above `fail_on` stands; 3 when undecided or not all judged; else 0.

    A finding that the policy suppresses does not stand.
    """
    bar = Severity(fail_on).rank
    failing = [one for one in scan["findings"] if one["outcome"] == Outcome.FAIL and not is_suppressed(one)]
    outcome = scan["verdict"]["outcome"]
    if outcome == Decision.REFUSE or any(Severity(one["severity"]).rank >= bar for one in failing):
        return 1
    return 3 if outcome == Decision.UNDECIDED or scan["not_judged"] else 0
