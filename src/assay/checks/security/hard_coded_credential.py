"""SEC308: passwords and keys that stand in the code."""

from __future__ import annotations

from collections.abc import Iterator

from assay.artifact.revision import Revision
from assay.checks import check, fail
from assay.checks.code_flow import limited, weight
from assay.checks.wording import shown
from assay.finding import Confidence, Fact, Finding, Severity

__all__ = ["hard_coded_credential"]


@check("SEC308-hard-coded-credential", severity=Severity.MEDIUM, claims=("python",))
@limited
def hard_coded_credential(revision: Revision) -> Iterator[Finding | Fact]:
    """No password or key stands in the code.

    Whoever can read the code can use it, and it is the same for everybody who runs the code. What looks like something
    to be filled in (`<your key>`, `changeme`, the name of a variable) is no fault. Tokens of a form that is known are
    found by SEC105 in any text. Only the first characters are shown.

    Sample: `psycopg2.connect(user="ml", password="s3cr3t-Passw0rd")`.

    Fix: change the password where it is used, and read it from the environment or from a store of secrets.

    References: CWE-798, CWE-259, CWE-321.
    """
    for seen in revision.seen("python"):
        told = {secret["line"] for secret in seen.facts["secrets"] if secret["kind"] != "password"}
        for found in seen.facts["credentials"]:
            if found["line"] not in told:
                yield fail(
                    hard_coded_credential, f"a credential stands in the code: {shown(found['name'], 60)} = "
                    f"{shown(found['preview'])}", file=seen.file, location=seen.at(f"line {found['line']}"),
                    severity=weight(Severity.MEDIUM, seen), confidence=Confidence.MEDIUM,
                    fix="Change it where it is used, and read it from the environment.",
                    detail={"cwe": 798, "name": found["name"], "preview": found["preview"]},
                )  # fmt: skip
