"""THE one path: a source is observed, judged and stated, unsigned; command, hub and worker all call this."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from assay import __version__
from assay.artifact.budget import Limits
from assay.artifact.observation import Known
from assay.artifact.observe import observation_key, observe
from assay.artifact.readers import reader_versions, readers
from assay.artifact.revision import ArtifactFile, DigestGrade, Revision
from assay.artifact.sources import Source
from assay.assessment import Assessment, Remembered
from assay.canonical import JSON
from assay.checks import checks, judge
from assay.checks.packs import RulePack, apply_packs, judged_by
from assay.errors import SourceError
from assay.rules import rules_digest
from assay.statements.predicates import assessment
from assay.statements.statement import Statement, revision_subjects

__all__ = ["assess", "assess_revision", "observations_needed", "reassess"]


def assess(
    source: Source,
    *,
    limits: Limits | None = None,
    known: Known | None = None,
    on_file: Callable[[str, int], None] | None = None,
    expendable: bool = False,
    packs: Sequence[RulePack] = (),
) -> Assessment:
    """Observe and judge `source` in this process; `expendable` as `observe` has it.

    What `packs` find stands apart from what our own checks find, and changes none of it.

    Raises:
        SourceError: a file cannot be opened, changed meanwhile, or the revision cannot be named.
    """
    observed = observe(source, limits=limits, known=known, on_file=on_file, expendable=expendable)
    return Assessment(assess_revision(observed.revision, packs), observed.fresh)


def assess_revision(revision: Revision, packs: Sequence[RulePack] = ()) -> bytes:
    """Judge what was observed: the statement for `revision`, without reading a byte of it.

    Raises:
        SourceError: neither every file's digest nor a commit is known, so nothing names the revision.
    """
    judgement = judge(revision)
    claimed = {format_ for one in checks() for format_ in one.claims}
    predicate: dict[str, JSON] = {
        "tool": {"name": "assay", "version": __version__},
        "readers": reader_versions(),
        "checks": [f"{one.rule.code}/{one.version}" for one in checks()],
        "rules": judged_by(rules_digest(), [pack.digest for pack in packs]),
        "files": [_file(revision, path) for path in revision.by_path],
        "findings": [finding.to_json() for finding in judgement.findings],
        "facts": judgement.facts,
        "not_judged": [
            {"file": file.path, "reason": file.not_judged} for file in revision.files if file.not_judged is not None
        ],
        "not_examined": [
            file.path for file in revision.files if file.not_judged is None and file.format not in claimed
        ],
    }
    if packs:
        predicate["packs"] = apply_packs(revision, packs)
    assessment.validate(predicate)
    if revision.dirhash is None and revision.git_commit is None:
        unknown = next(file.path for file in revision.files if file.sha256 is None)
        raise SourceError(
            f"nothing names this revision: no commit is known, nor the sha256 of {unknown}",
            hint="Download it and judge the folder.",
        )
    return Statement(assessment.TYPE, revision_subjects(revision.dirhash, revision.git_commit), predicate).to_bytes()


def observations_needed(earlier: dict[str, JSON]) -> list[str] | None:
    """Return the keys of the observations by which `reassess` can judge again what `earlier` is an assessment of.

    None where that needs the bytes: other readers looked at them, or they could not be read in full.
    """
    if earlier["readers"] != reader_versions() or earlier["not_judged"]:
        return None
    return [observation_key(file["sha256"], file["format"]) for file in earlier["files"] if file["format"] in readers()]


def reassess(one: Remembered, packs: Sequence[RulePack] = ()) -> bytes:
    """Judge again what is remembered: the statement that `assess` would give.

    Raises:
        SourceError: an observation is missing, or was made by other readers.
    """
    earlier, known = one.earlier, one.known
    needed = observations_needed(earlier)
    if needed is None or any(key not in known for key in needed):
        raise SourceError("what was seen in it is not stored", hint="Judge the files themselves.")
    files = (
        ArtifactFile(
            file["path"],
            file["size"],
            file["sha256"],
            DigestGrade(file["digest"]),
            file["format"],
            file.get("git_oid"),
            known.get(observation_key(file["sha256"], file["format"])),
        )
        for file in earlier["files"]
    )
    return assess_revision(Revision(tuple(files), one.git_commit), packs)


def _file(revision: Revision, path: str) -> dict[str, JSON]:
    file = revision.by_path[path]
    line: dict[str, JSON] = {
        "path": file.path,
        "size": file.size,
        "sha256": file.sha256,
        "digest": file.digest_grade.value,
        "format": file.format,
    }
    if file.git_oid is not None and file.digest_grade is DigestGrade.COMPUTED:
        line["git_oid"] = file.git_oid
    return line
