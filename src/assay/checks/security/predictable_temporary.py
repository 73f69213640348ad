"""SEC311: temporary files that somebody else may have made first."""

from __future__ import annotations

from collections.abc import Iterator

from assay.artifact.revision import Revision
from assay.checks import check, fail
from assay.checks.code_flow import calls, limited, listed, matches, weight
from assay.checks.wording import shown
from assay.finding import Fact, Finding, Severity

__all__ = ["predictable_temporary"]


@check("SEC311-predictable-temporary", severity=Severity.MEDIUM, claims=("python",))
@limited
def predictable_temporary(revision: Revision) -> Iterator[Finding | Fact]:
    """Temporary files are made and named in one step.

    `tempfile.mktemp` only gives a name. Until the file is opened, another user of the machine can put a link there and
    have it overwrite something else, or a file of his own that is then read.

    Sample: `path = tempfile.mktemp(suffix=".bin")`.

    Fix: `tempfile.mkstemp` or `tempfile.NamedTemporaryFile`, which make the file; or a `TemporaryDirectory`.

    References: CWE-377, Python documentation of tempfile, "Deprecated functions and variables".
    """
    for seen in revision.seen("python"):
        for site in calls(seen):
            name = matches(site.names, listed("temporary", "calls"))
            if name is not None:
                yield fail(
                    predictable_temporary, f"{shown(name)} names a file without making it", file=seen.file,
                    location=seen.at(f"line {site.line}"), severity=weight(Severity.MEDIUM, seen),
                    fix="Use tempfile.mkstemp or NamedTemporaryFile.", detail={"cwe": 377, **site.evidence},
                )  # fmt: skip
