"""The licence that is stated for one file, beside it: `paper.pdf.license`, as the REUSE specification has it.

Source: REUSE 3.3, "Comment headers" and ".license file" (https://reuse.software/spec-3.3/).
"""

from __future__ import annotations

import re

from assay.artifact.revision import Revision
from assay.checks.licences import Licence, licence

__all__ = ["SIDECAR", "stated_licence"]

SIDECAR = ".license"
_TAG = re.compile(r"^\W*SPDX-License-Identifier:[ \t]*(?P<expression>[^\r\n]{1,200}?)[ \t\r]*$", re.MULTILINE)


def stated_licence(revision: Revision, path: str) -> Licence | None:
    """Return the licence that the file beside `path` states; None where there is none, or several, or one unknown."""
    beside = revision.facts(f"{path}{SIDECAR}").get("text")
    found = {match["expression"] for match in _TAG.finditer(beside)} if isinstance(beside, str) else set()
    return licence(found.pop()) if len(found) == 1 else None
